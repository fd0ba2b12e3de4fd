/*
 * Mistake: raises a counter in two attempts, and then gives up.
 * Caught by: no_order_of_three_lowers_a_maximum
 * Saying: where it fails, look at the new value and ask again
 */
#include "tally.h"

#include <errno.h>
#include <stddef.h>
#include <sys/mman.h>

struct tally {
    long slots;
    long value[];
};

static size_t bytes(long slots)
{
    return offsetof(struct tally, value) + (size_t)slots * sizeof(long);
}

struct tally *tally_open(int slots)
{
    struct tally *t;

    if (slots <= 0) {
        errno = EINVAL;
        return NULL;
    }
    t = mmap(NULL, bytes(slots), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED)
        return NULL;
    t->slots = slots;
    return t;
}

void tally_add(struct tally *t, int slot, long delta)
{
    if (slot < 0 || slot >= t->slots)
        return;
    __atomic_fetch_add(&t->value[slot], delta, __ATOMIC_RELAXED);
}

void tally_max(struct tally *t, int slot, long value)
{
    long old;
    int attempts = 0;

    if (slot < 0 || slot >= t->slots)
        return;
    old = __atomic_load_n(&t->value[slot], __ATOMIC_RELAXED);
    do {
        if (old >= value)
            return;
    } while (!__atomic_compare_exchange_n(&t->value[slot], &old, value, 0,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED) &&
             ++attempts < 2);
}

long tally_read(const struct tally *t, int slot)
{
    if (slot < 0 || slot >= t->slots)
        return 0;
    return __atomic_load_n(&t->value[slot], __ATOMIC_RELAXED);
}

void tally_close(struct tally *t)
{
    if (t)
        munmap(t, bytes(t->slots));
}
