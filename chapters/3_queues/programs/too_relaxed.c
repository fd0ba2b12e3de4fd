/*
 * too_relaxed.c — a letter, and a flag that says it is there.
 *
 * Picture: schedule
 */
#include <stdatomic.h>

#include "interleave.h"

static struct letter {
    int text;
    atomic_int there;
} * letter;

static void setup(void)
{
    letter = interleave_shared(sizeof(*letter));
}

static void send(void)
{
    letter->text = 42;
    atomic_store_explicit(&letter->there, 1, memory_order_relaxed);
}

static void receive(void)
{
    if (atomic_load_explicit(&letter->there, memory_order_relaxed) == 1)
        INTERLEAVE_CHECK(letter->text == 42, "it is empty");
}

const struct interleave world = {
    .setup = setup,
    .op = {{"sender", send}, {"receiver", receive}},
    .preemptions = 2,
};
