/*
 * Technique: a memfd, mapped and closed; a compare-and-exchange loop for
 * adding too; the counters before what is kept about them.
 */
#include "tally.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct tally {
    _Atomic(unsigned long) *cells;
    size_t cell_bytes;
    int n;
};

static void *shared_bytes(size_t bytes)
{
    int fd = memfd_create("tally", MFD_CLOEXEC), saved;
    void *p = MAP_FAILED;

    if (fd < 0)
        return MAP_FAILED;
    if (ftruncate(fd, (off_t)bytes) == 0)
        p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    saved = errno;
    close(fd);
    errno = saved;
    return p;
}

struct tally *tally_open(int slots)
{
    struct tally *t;

    if (slots < 1)
        return errno = EINVAL, NULL;
    t = calloc(1, sizeof(*t));
    if (!t)
        return NULL;
    t->n = slots;
    t->cell_bytes = (size_t)slots * sizeof(*t->cells);
    t->cells = shared_bytes(t->cell_bytes);
    if (t->cells == MAP_FAILED) {
        int saved = errno;
        free(t);
        errno = saved;
        return NULL;
    }
    return t;
}

void tally_add(struct tally *t, int slot, long delta)
{
    unsigned long old;

    if (slot < 0 || slot >= t->n)
        return;
    old = atomic_load(&t->cells[slot]);
    while (!atomic_compare_exchange_strong(&t->cells[slot], &old,
                                           old + (unsigned long)delta))
        continue;
}

void tally_max(struct tally *t, int slot, long value)
{
    unsigned long old;

    if (slot < 0 || slot >= t->n)
        return;
    for (;;) {
        old = atomic_load(&t->cells[slot]);
        if ((long)old >= value)
            return;
        if (atomic_compare_exchange_strong(&t->cells[slot], &old,
                                           (unsigned long)value))
            return;
    }
}

long tally_read(const struct tally *t, int slot)
{
    if (slot < 0 || slot >= t->n)
        return 0;
    return (long)atomic_load(&t->cells[slot]);
}

void tally_close(struct tally *t)
{
    if (!t)
        return;
    munmap(t->cells, t->cell_bytes);
    free(t);
}
