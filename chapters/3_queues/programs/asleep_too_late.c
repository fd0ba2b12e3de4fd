/*
 * asleep_too_late.c — a bell that rings while nobody listens yet.
 *
 * Picture: schedule
 */
#include <linux/futex.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interleave.h"

static struct box {
    atomic_uint items, bell;
} * box;

static void futex(atomic_uint *word, int what, unsigned value)
{
    syscall(SYS_futex, word, what, value, NULL, NULL, 0);
}

static void setup(void)
{
    box = interleave_shared(sizeof(*box));
}

static void consume(void)
{
    while (atomic_load(&box->items) == 0)
        futex(&box->bell, FUTEX_WAIT, atomic_load(&box->bell));
    atomic_fetch_sub(&box->items, 1);
}

static void produce(void)
{
    atomic_fetch_add(&box->items, 1);
    atomic_fetch_add(&box->bell, 1);
    futex(&box->bell, FUTEX_WAKE, 1);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"consumer", consume}, {"producer", produce}},
    .preemptions = 2,
};
