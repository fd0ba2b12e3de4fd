/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: named semaphores, unlinked at once; an unlinked shared memory
 *     object, its head apart from the slots
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The handle is copied by fork; what changes is in the mappings. */
struct ring {
    sem_t *room, *items;
    size_t capacity, item_size, *at; /* at[0]: in, at[1]: out */
    unsigned char *slots;
};

static sem_t *nameless(unsigned value)
{
    static unsigned number;
    char name[64];
    sem_t *sem;

    do {
        snprintf(name, sizeof(name), "/ring-%ld-%u", (long)getpid(), number++);
        sem = sem_open(name, O_CREAT | O_EXCL, 0600, value);
    } while (sem == SEM_FAILED && errno == EEXIST);
    if (sem != SEM_FAILED)
        sem_unlink(name);
    return sem;
}

static void *memory(size_t size)
{
    char name[64];
    void *p = MAP_FAILED;

    snprintf(name, sizeof(name), "/ring-%ld-memory", (long)getpid());
    int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (fd == -1)
        return NULL;
    shm_unlink(name);
    if (ftruncate(fd, (off_t)size) == 0)
        p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    return p == MAP_FAILED ? NULL : p;
}

static size_t slots_size(const struct ring *r)
{
    return r->capacity * r->item_size;
}

void ring_destroy(struct ring *r)
{
    int error = errno;

    if (r == NULL)
        return;
    if (r->room != SEM_FAILED)
        sem_close(r->room);
    if (r->items != SEM_FAILED)
        sem_close(r->items);
    if (r->at)
        munmap(r->at, 2 * sizeof(size_t));
    if (r->slots)
        munmap(r->slots, slots_size(r));
    free(r);
    errno = error;
}

struct ring *ring_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (capacity > PTRDIFF_MAX / item_size || capacity > SEM_VALUE_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    struct ring *r = calloc(1, sizeof(*r));
    if (r == NULL)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    r->room = r->items = SEM_FAILED;
    if ((r->at = memory(2 * sizeof(size_t))) &&
        (r->slots = memory(slots_size(r))) &&
        (r->room = nameless((unsigned)capacity)) != SEM_FAILED &&
        (r->items = nameless(0)) != SEM_FAILED)
        return r;
    ring_destroy(r);
    return NULL;
}

static void *next(struct ring *r, int side)
{
    return r->slots + r->at[side] * r->item_size;
}

static void step(struct ring *r, int side)
{
    r->at[side] = (r->at[side] + 1) % r->capacity;
}

void ring_put(struct ring *r, const void *item)
{
    while (sem_wait(r->room) < 0 && errno == EINTR)
        continue;
    memcpy(next(r, 0), item, r->item_size);
    step(r, 0);
    sem_post(r->items);
}

void ring_get(struct ring *r, void *item)
{
    while (sem_wait(r->items) < 0 && errno == EINTR)
        continue;
    memcpy(item, next(r, 1), r->item_size);
    step(r, 1);
    sem_post(r->room);
}
