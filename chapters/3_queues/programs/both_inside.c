/*
 * both_inside.c — after you! No, after you!
 *
 * Picture: schedule
 */
#include <stdatomic.h>

#include "interleave.h"

static struct door {
    atomic_int wants[2], inside;
} * door;

static void setup(void)
{
    door = interleave_shared(sizeof(*door));
}

static void enter(int me)
{
    atomic_store_explicit(&door->wants[me], 1, memory_order_release);
    if (atomic_load_explicit(&door->wants[!me], memory_order_acquire) == 0)
        door->inside += 1;
}

static void first(void)
{
    enter(0);
}

static void second(void)
{
    enter(1);
}

static void check(void)
{
    INTERLEAVE_CHECK(door->inside < 2, "both are inside");
}

const struct interleave world = {
    .setup = setup,
    .op = {{"A", first}, {"B", second}},
    .check = check,
    .preemptions = 2,
};
