/*
 * world.h — what the classics have in common: shared memory, process-shared
 * locks, the futex call.
 */
#ifndef WORLD_H
#define WORLD_H

#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "interleave/interleave.h"

extern const struct interleave world;

/* Zeroed memory that the processes share, the way anybody makes it. */
static inline void *shared_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        abort();
    return memory;
}

static inline void make_mutex(pthread_mutex_t *mutex, int pshared, int robust)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, pshared);
    pthread_mutexattr_setrobust(&attr, robust);
    pthread_mutex_init(mutex, &attr);
    pthread_mutexattr_destroy(&attr);
}

static inline void make_cond(pthread_cond_t *cond, int pshared)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setpshared(&attr, pshared);
    pthread_cond_init(cond, &attr);
    pthread_condattr_destroy(&attr);
}

static inline long futex(atomic_uint *word, int op, unsigned value)
{
    return syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

#endif
