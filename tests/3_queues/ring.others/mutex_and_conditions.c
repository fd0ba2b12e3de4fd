/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: a process-shared mutex, two conditions and a count
 */
#include "ring.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>

struct ring {
    size_t all, capacity, item_size;
    pthread_mutex_t lock;
    pthread_cond_t not_full, not_empty;
    size_t count, first;
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
    struct ring *r = map(capacity, item_size, capacity);
    pthread_mutexattr_t m;
    pthread_condattr_t c;

    if (r == NULL)
        return NULL;
    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&r->lock, &m);
    pthread_mutexattr_destroy(&m);
    pthread_condattr_init(&c);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&r->not_full, &c);
    pthread_cond_init(&r->not_empty, &c);
    pthread_condattr_destroy(&c);
    return r;
}

void ring_put(struct ring *r, const void *item)
{
    pthread_mutex_lock(&r->lock);
    while (r->count == r->capacity)
        pthread_cond_wait(&r->not_full, &r->lock);
    size_t last = r->first < r->capacity - r->count
                      ? r->first + r->count
                      : r->first - (r->capacity - r->count);
    memcpy(r->data + last * r->item_size, item, r->item_size);
    r->count++;
    pthread_cond_signal(&r->not_empty);
    pthread_mutex_unlock(&r->lock);
}

void ring_get(struct ring *r, void *item)
{
    pthread_mutex_lock(&r->lock);
    while (r->count == 0)
        pthread_cond_wait(&r->not_empty, &r->lock);
    memcpy(item, r->data + r->first * r->item_size, r->item_size);
    r->first = (r->first + 1) % r->capacity;
    r->count--;
    pthread_mutex_unlock(&r->lock);
    pthread_cond_signal(&r->not_full);
}

void ring_destroy(struct ring *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
