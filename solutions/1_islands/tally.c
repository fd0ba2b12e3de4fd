/*
 * tally.c — counters that many processes update at once.
 */
#include "tally.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

struct tally {
    size_t size; /* of the whole mapping: munmap wants to know */
    int slots;
    atomic_long count[];
};

struct tally *tally_open(int slots)
{
    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }

    /* In size_t: as an int this overflows long before memory runs out. */
    size_t size = sizeof(struct tally) + (size_t)slots * sizeof(atomic_long);
    /* MAP_SHARED is all the difference: fork copies everything else. */
    struct tally *tally = mmap(NULL, size, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (tally == MAP_FAILED)
        return NULL;
    tally->size = size;
    tally->slots = slots;
    return tally; /* new pages are full of zeros */
}

static bool has(const struct tally *tally, int slot)
{
    return slot >= 0 && slot < tally->slots;
}

/* One step that nobody can come between, and it wraps without overflowing. */
void tally_add(struct tally *tally, int slot, long delta)
{
    if (has(tally, slot))
        atomic_fetch_add(&tally->count[slot], delta);
}

void tally_max(struct tally *tally, int slot, long value)
{
    if (!has(tally, slot))
        return;

    long seen = atomic_load(&tally->count[slot]);

    /* If it has changed since we looked, this gives us the new one in seen,
     * and the question is asked again. */
    while (seen < value &&
           !atomic_compare_exchange_weak(&tally->count[slot], &seen, value))
        ;
}

long tally_read(const struct tally *tally, int slot)
{
    return has(tally, slot) ? atomic_load(&tally->count[slot]) : 0;
}

void tally_close(struct tally *tally)
{
    if (tally != NULL)
        munmap(tally, tally->size);
}

/*
 * The trap: tally_max with an atomic load and an atomic store. Each of the
 * two is safe, and what happens between them is not.
 */
