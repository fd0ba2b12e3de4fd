/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: semaphores, which make no system call either while nobody sleeps
 */
#include "express.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <semaphore.h>

struct express {
    size_t all, capacity, item_size;
    sem_t room, items;
    size_t in, out;
    char data[];
};

static struct express *map(size_t slots, size_t slot_size)
{
    size_t all;

    if (slots == 0 || __builtin_mul_overflow(slots, slot_size, &all) ||
        __builtin_add_overflow(all, sizeof(struct express), &all)) {
        errno = ENOMEM;
        return NULL;
    }
    struct express *r = mmap(NULL, all, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r == MAP_FAILED)
        return NULL;
    r->all = all;
    return r;
}

struct express *express_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (capacity > SEM_VALUE_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    struct express *r = map(capacity, item_size);
    if (r == NULL)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    sem_init(&r->room, 1, (unsigned)capacity);
    sem_init(&r->items, 1, 0);
    return r;
}

static void *step(struct express *r, size_t *at)
{
    void *slot = r->data + *at * r->item_size;

    *at = (*at + 1) % r->capacity;
    return slot;
}

static void put_into_room(struct express *r, const void *item)
{
    memcpy(step(r, &r->in), item, r->item_size);
    sem_post(&r->items);
}

static void get_what_is_there(struct express *r, void *item)
{
    memcpy(item, step(r, &r->out), r->item_size);
    sem_post(&r->room);
}

void express_put(struct express *r, const void *item)
{
    while (sem_wait(&r->room) == -1)
        ;
    put_into_room(r, item);
}

void express_get(struct express *r, void *item)
{
    while (sem_wait(&r->items) == -1)
        ;
    get_what_is_there(r, item);
}

bool express_try_put(struct express *r, const void *item)
{
    bool room = sem_trywait(&r->room) == 0;

    if (room)
        put_into_room(r, item);
    return room;
}

bool express_try_get(struct express *r, void *item)
{
    bool there = sem_trywait(&r->items) == 0;

    if (there)
        get_what_is_there(r, item);
    return there;
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
