/*
 * Technique: a cache line for each counter, so that neighbours do not slow
 * each other down; every counter is set to 0 by hand.
 */
#include "tally.h"

#include <errno.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

struct cell {
    alignas(64) atomic_long value;
};

struct tally {
    size_t size;
    int slots;
    struct cell cell[];
};

struct tally *tally_open(int slots)
{
    struct tally *t;
    size_t size;

    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }
    if (__builtin_mul_overflow((size_t)slots, sizeof(struct cell), &size) ||
        __builtin_add_overflow(size, sizeof(*t), &size)) {
        errno = ENOMEM;
        return NULL;
    }
    t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
             0);
    if (t == MAP_FAILED) {
        errno = ENOMEM;
        return NULL;
    }
    t->size = size;
    t->slots = slots;
    for (int i = 0; i < slots; i++)
        atomic_init(&t->cell[i].value, 0);
    return t;
}

void tally_add(struct tally *t, int slot, long delta)
{
    if (slot < 0 || slot >= t->slots)
        return;
    atomic_fetch_add_explicit(&t->cell[slot].value, delta,
                              memory_order_relaxed);
}

void tally_max(struct tally *t, int slot, long value)
{
    if (slot < 0 || slot >= t->slots)
        return;

    atomic_long *p = &t->cell[slot].value;
    long old = atomic_load_explicit(p, memory_order_relaxed);

    while (old < value &&
           !atomic_compare_exchange_weak_explicit(
               p, &old, value, memory_order_acq_rel, memory_order_relaxed)) {
    }
}

long tally_read(const struct tally *t, int slot)
{
    if (slot < 0 || slot >= t->slots)
        return 0;
    return atomic_load_explicit(&t->cell[slot].value, memory_order_acquire);
}

void tally_close(struct tally *t)
{
    if (t)
        munmap(t, t->size);
}
