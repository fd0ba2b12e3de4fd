/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: a memfd mapped; free-running 64-bit counts over a power of two of
 *     slots, two semaphores
 */
#include "ring.h"

#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring {
    size_t all, mask, item_size;
    sem_t room, items;
    atomic_uint_fast64_t in, out;
};

static size_t slots_for(size_t capacity)
{
    size_t slots = 1;

    while (slots < capacity)
        slots <<= 1;
    return slots;
}

struct ring *ring_create(size_t capacity, size_t item_size)
{
    if (!capacity || !item_size)
        return errno = EINVAL, NULL;
    if (capacity > SEM_VALUE_MAX)
        return errno = EOVERFLOW, NULL;
    size_t slots = slots_for(capacity);
    if (item_size > (size_t)(PTRDIFF_MAX - sizeof(struct ring)) / slots)
        return errno = ENOMEM, NULL;
    size_t all = sizeof(struct ring) + slots * item_size;
    int fd = memfd_create("ring", MFD_CLOEXEC);
    if (fd == -1)
        return NULL;
    struct ring *r = MAP_FAILED;
    if (ftruncate(fd, (off_t)all) == 0)
        r = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    if (r == MAP_FAILED)
        return NULL;
    r->all = all;
    r->mask = slots - 1;
    r->item_size = item_size;
    if (sem_init(&r->room, 1, (unsigned)capacity) == 0 &&
        sem_init(&r->items, 1, 0) == 0)
        return r;
    error = errno;
    munmap(r, all);
    errno = error;
    return NULL;
}

static char *slot(struct ring *r, uint64_t n)
{
    return (char *)(r + 1) + (n & r->mask) * r->item_size;
}

void ring_put(struct ring *r, const void *item)
{
    while (sem_wait(&r->room) != 0)
        ;
    memcpy(slot(r, atomic_load(&r->in)), item, r->item_size);
    atomic_fetch_add(&r->in, 1);
    sem_post(&r->items);
}

void ring_get(struct ring *r, void *item)
{
    while (sem_wait(&r->items) != 0)
        ;
    memcpy(item, slot(r, atomic_load(&r->out)), r->item_size);
    atomic_fetch_add(&r->out, 1);
    sem_post(&r->room);
}

void ring_destroy(struct ring *r)
{
    if (!r)
        return;
    size_t all = r->all;
    sem_destroy(&r->room);
    munmap(r, all);
}
