/*
 * Mistake: the mapping fails, and what malloc gave before is not given back.
 * Caught by: there_may_be_no_memory
 * Saying: free
 */
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

struct tally {
    volatile long *cell;
    size_t length;
    unsigned slots;
};

struct tally *tally_open(int slots)
{
    struct tally *t;

    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }
    t = malloc(sizeof(*t));
    if (t == NULL)
        return NULL;
    t->slots = (unsigned)slots;
    t->length = sizeof(long) * (size_t)slots;
    t->cell = mmap(NULL, t->length, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (t->cell == MAP_FAILED) {
        return NULL;
    }
    return t;
}

void tally_add(struct tally *t, int slot, long delta)
{
    if ((unsigned)slot < t->slots)
        __sync_fetch_and_add(&t->cell[slot], delta);
}

void tally_max(struct tally *t, int slot, long value)
{
    long old;

    if ((unsigned)slot >= t->slots)
        return;
    while ((old = t->cell[slot]) < value)
        if (__sync_bool_compare_and_swap(&t->cell[slot], old, value))
            break;
}

long tally_read(const struct tally *t, int slot)
{
    return (unsigned)slot < t->slots ? __sync_fetch_and_add(&t->cell[slot], 0)
                                     : 0;
}

void tally_close(struct tally *t)
{
    if (t == NULL)
        return;
    munmap((void *)t->cell, t->length);
    free(t);
}
