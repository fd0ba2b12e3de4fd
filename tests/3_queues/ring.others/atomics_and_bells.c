/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: atomics say what is there; semaphores only wake, and may do so
 *     for nothing; positions up to twice the capacity
 */
#include "ring.h"

#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct ring {
    size_t all, capacity, item_size;
    atomic_size_t in, out; /* 0 … 2 * capacity - 1 */
    atomic_bool sleeps[2];
    sem_t bell[2];
    char data[];
};

static struct ring *map(size_t capacity, size_t item_size, size_t slots)
{
    size_t all;

    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (slots < capacity || __builtin_mul_overflow(slots, item_size, &all) ||
        __builtin_add_overflow(all, sizeof(struct ring), &all)) {
        errno = ENOMEM;
        return NULL;
    }
    struct ring *r = mmap(NULL, all, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r == MAP_FAILED)
        return NULL;
    r->all = all;
    r->capacity = capacity;
    r->item_size = item_size;
    return r;
}

struct ring *ring_create(size_t capacity, size_t item_size)
{
    struct ring *r = NULL;

    if (capacity > SIZE_MAX / 2 && item_size > 0)
        errno = ENOMEM;
    else
        r = map(capacity, item_size, capacity);
    for (int i = 0; r && i < 2; i++)
        sem_init(&r->bell[i], 1, 0);
    return r;
}

static size_t filled(struct ring *r)
{
    size_t in = atomic_load(&r->in), out = atomic_load(&r->out);

    return in >= out ? in - out : in + 2 * r->capacity - out;
}

static void wait_while(struct ring *r, int who, size_t unwanted)
{
    for (int look = 0; look < 3; look++)
        if (filled(r) != unwanted)
            return;
    while (filled(r) == unwanted) {
        atomic_store(&r->sleeps[who], true);
        if (filled(r) == unwanted)
            sem_wait(&r->bell[who]);
    }
}

static char *slot(struct ring *r, size_t at)
{
    return r->data + at % r->capacity * r->item_size;
}

static void step(struct ring *r, atomic_size_t *at, int other)
{
    size_t now = atomic_load_explicit(at, memory_order_relaxed) + 1;

    atomic_store(at, now == 2 * r->capacity ? 0 : now);
    if (atomic_exchange(&r->sleeps[other], false))
        sem_post(&r->bell[other]);
}

void ring_put(struct ring *r, const void *item)
{
    wait_while(r, 0, r->capacity);
    memcpy(slot(r, atomic_load(&r->in)), item, r->item_size);
    step(r, &r->in, 1);
}

void ring_get(struct ring *r, void *item)
{
    wait_while(r, 1, 0);
    memcpy(item, slot(r, atomic_load(&r->out)), r->item_size);
    step(r, &r->out, 0);
}

void ring_destroy(struct ring *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
