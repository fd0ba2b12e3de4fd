/*
 * Technique: a temporary file without a name, mapped; two mappings, one for
 * the counters and one that only this process has.
 */
#include "tally.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct tally {
    size_t size;
    atomic_long *count;
    int slots;
};

static void *map_file(size_t size)
{
    FILE *file = tmpfile();
    void *p = MAP_FAILED;
    int error;

    if (file == NULL)
        return p;
    if (ftruncate(fileno(file), (off_t)size) == 0)
        p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fileno(file),
                 0);
    error = errno;
    fclose(file);
    errno = error;
    return p;
}

struct tally *tally_open(int slots)
{
    struct tally *t;

    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }
    t = mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (t == MAP_FAILED)
        return NULL;
    t->slots = slots;
    t->size = (size_t)slots * sizeof(atomic_long);
    t->count = map_file(t->size);
    if (t->count == MAP_FAILED) {
        int error = errno;
        munmap(t, sizeof(*t));
        errno = error;
        return NULL;
    }
    return t;
}

void tally_add(struct tally *t, int slot, long delta)
{
    if (slot >= 0 && slot < t->slots)
        t->count[slot] += delta; /* atomic, since the type is */
}

void tally_max(struct tally *t, int slot, long value)
{
    if (slot < 0 || slot >= t->slots)
        return;
    for (long old = t->count[slot]; old < value;)
        if (atomic_compare_exchange_weak(&t->count[slot], &old, value))
            return;
}

long tally_read(const struct tally *t, int slot)
{
    return slot < 0 || slot >= t->slots ? 0 : t->count[slot];
}

void tally_close(struct tally *t)
{
    if (t == NULL)
        return;
    munmap(t->count, t->size);
    munmap(t, sizeof(*t));
}
