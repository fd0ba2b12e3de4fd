/*
 * Mistake: a lock of its own is taken with acquire, but given back relaxed.
 * Caught by: no_order_of_three_lowers_a_maximum
 * Saying: that is taken with acquire and given back with release
 */
#include "tally.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/mman.h>

struct tally {
    atomic_flag taken;
    int slots;
    size_t size;
    unsigned long count[];
};

struct tally *tally_open(int slots)
{
    size_t size;
    struct tally *t;

    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }
    size = sizeof(*t) + sizeof(t->count[0]) * (size_t)slots;
    t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
             0);
    if (t == MAP_FAILED)
        return NULL;
    atomic_flag_clear(&t->taken);
    t->slots = slots;
    t->size = size;
    return t;
}

static void lock(struct tally *t)
{
    while (atomic_flag_test_and_set_explicit(&t->taken, memory_order_acquire))
        sched_yield();
}

static void unlock(struct tally *t)
{
    atomic_flag_clear_explicit(&t->taken, memory_order_relaxed);
}

void tally_add(struct tally *t, int slot, long delta)
{
    if (slot < 0 || slot >= t->slots)
        return;
    lock(t);
    t->count[slot] += (unsigned long)delta;
    unlock(t);
}

void tally_max(struct tally *t, int slot, long value)
{
    if (slot < 0 || slot >= t->slots)
        return;
    lock(t);
    if (value > (long)t->count[slot])
        t->count[slot] = (unsigned long)value;
    unlock(t);
}

long tally_read(const struct tally *t, int slot)
{
    if (slot < 0 || slot >= t->slots)
        return 0;
    lock((struct tally *)t);
    long value = (long)t->count[slot];
    unlock((struct tally *)t);
    return value;
}

void tally_close(struct tally *t)
{
    if (t != NULL)
        munmap(t, t->size);
}
