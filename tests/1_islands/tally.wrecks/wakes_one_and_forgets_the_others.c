/*
 * Mistake: who was woken takes the lock as if nobody else waited.
 * Caught by: no_order_of_three_loses_an_addition
 * Saying: a process waits for a lock that nobody will give it
 */
#include "tally.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct cell {
    _Atomic uint32_t lock; /* 0 free, 1 taken, 2 taken and somebody waits */
    unsigned long value;
};

struct tally {
    size_t size;
    int slots;
    struct cell cell[];
};

static void lock(struct cell *c)
{
    uint32_t seen = 0;

    if (atomic_compare_exchange_strong(&c->lock, &seen, 1))
        return;
    do {
        seen = 1;
        if (atomic_compare_exchange_strong(&c->lock, &seen, 2) || seen == 2)
            syscall(SYS_futex, &c->lock, FUTEX_WAIT, 2, NULL, NULL, 0);
        seen = 0;
    } while (!atomic_compare_exchange_strong(&c->lock, &seen, 1));
}

static void unlock(struct cell *c)
{
    if (atomic_exchange(&c->lock, 0) == 2)
        syscall(SYS_futex, &c->lock, FUTEX_WAKE, 1, NULL, NULL, 0);
}

struct tally *tally_open(int slots)
{
    struct tally *t;
    size_t size;

    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }
    size = sizeof(*t) + (size_t)slots * sizeof(t->cell[0]);
    t = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
             0);
    if (t == MAP_FAILED)
        return NULL;
    t->size = size;
    t->slots = slots;
    return t;
}

static struct cell *cell_of(const struct tally *t, int slot)
{
    if (slot < 0 || slot >= t->slots)
        return NULL;
    return (struct cell *)&t->cell[slot];
}

void tally_add(struct tally *t, int slot, long delta)
{
    struct cell *c = cell_of(t, slot);

    if (c == NULL)
        return;
    lock(c);
    c->value += (unsigned long)delta;
    unlock(c);
}

void tally_max(struct tally *t, int slot, long value)
{
    struct cell *c = cell_of(t, slot);

    if (c == NULL)
        return;
    lock(c);
    if ((long)c->value < value)
        c->value = (unsigned long)value;
    unlock(c);
}

long tally_read(const struct tally *t, int slot)
{
    struct cell *c = cell_of(t, slot);
    long value = 0;

    if (c != NULL) {
        lock(c);
        value = (long)c->value;
        unlock(c);
    }
    return value;
}

void tally_close(struct tally *t)
{
    if (t != NULL)
        munmap(t, t->size);
}
