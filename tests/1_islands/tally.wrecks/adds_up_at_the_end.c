/*
 * Mistake: each process adds up for itself, and gives it to the others when it ends.
 * Caught by: what_was_counted_outlives_who_counted
 * Saying: as soon as tally_add returns
 */
#include "tally.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct tally {
    size_t size;
    int slots;
    atomic_long count[];
};

/* What this process has not given to the others yet. */
static struct {
    struct tally *tally;
    int slot;
    unsigned long sum;
    int times;
} mine;

static void give(void)
{
    if (mine.tally != NULL)
        atomic_fetch_add(&mine.tally->count[mine.slot], (long)mine.sum);
    memset(&mine, 0, sizeof(mine));
}

struct tally *tally_open(int slots)
{
    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }

    size_t size = sizeof(struct tally) + (size_t)slots * sizeof(atomic_long);
    struct tally *tally = mmap(NULL, size, PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (tally == MAP_FAILED)
        return NULL;
    tally->size = size;
    tally->slots = slots;
    return tally;
}

void tally_add(struct tally *tally, int slot, long delta)
{
    if (slot < 0 || slot >= tally->slots)
        return;
    if (mine.tally != tally || mine.slot != slot)
        give();
    mine.tally = tally;
    mine.slot = slot;
    mine.sum += (unsigned long)delta;
    if (++mine.times == 4)
        give();
}

void tally_max(struct tally *tally, int slot, long value)
{
    if (slot < 0 || slot >= tally->slots)
        return;

    long seen = atomic_load(&tally->count[slot]);

    while (seen < value &&
           !atomic_compare_exchange_weak(&tally->count[slot], &seen, value))
        ;
}

long tally_read(const struct tally *tally, int slot)
{
    give();
    return slot < 0 || slot >= tally->slots ? 0
                                            : atomic_load(&tally->count[slot]);
}

void tally_close(struct tally *tally)
{
    give();
    if (tally != NULL)
        munmap(tally, tally->size);
}
