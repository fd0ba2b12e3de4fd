/*
 * Technique: one process-shared mutex in the mapping, for all counters.
 */
#include "tally.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>

struct tally {
    pthread_mutex_t lock;
    size_t size;
    int slots;
    long count[];
};

static int init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int error = pthread_mutexattr_init(&attr);

    if (error)
        return error;
    error = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (!error)
        error = pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return error;
}

struct tally *tally_open(int slots)
{
    if (slots < 1) {
        errno = EINVAL;
        return NULL;
    }

    size_t size = sizeof(struct tally) + (size_t)slots * sizeof(long);
    struct tally *t = mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (t == MAP_FAILED)
        return NULL;
    t->size = size;
    t->slots = slots;

    int error = init_lock(&t->lock);

    if (error) {
        munmap(t, size);
        errno = error;
        return NULL;
    }
    return t;
}

static bool enter(const struct tally *t, int slot)
{
    if (slot < 0 || slot >= t->slots)
        return false;
    pthread_mutex_lock((pthread_mutex_t *)&t->lock);
    return true;
}

static void leave(const struct tally *t)
{
    pthread_mutex_unlock((pthread_mutex_t *)&t->lock);
}

void tally_add(struct tally *t, int slot, long delta)
{
    if (!enter(t, slot))
        return;
    t->count[slot] =
        (long)((unsigned long)t->count[slot] + (unsigned long)delta);
    leave(t);
}

void tally_max(struct tally *t, int slot, long value)
{
    if (!enter(t, slot))
        return;
    if (t->count[slot] < value)
        t->count[slot] = value;
    leave(t);
}

long tally_read(const struct tally *t, int slot)
{
    long value;

    if (!enter(t, slot))
        return 0;
    value = t->count[slot];
    leave(t);
    return value;
}

void tally_close(struct tally *t)
{
    /* The mutex is not destroyed: others may still use it. */
    if (t)
        munmap(t, t->size);
}
