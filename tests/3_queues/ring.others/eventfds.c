/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: eventfds as semaphores (EFD_SEMAPHORE); a read takes one
 */
#include "ring.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring {
    size_t all, capacity, item_size;
    int room, items;
    size_t in, out;
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

static int semaphore(unsigned count)
{
    return eventfd(count, EFD_SEMAPHORE | EFD_CLOEXEC);
}

struct ring *ring_create(size_t capacity, size_t item_size)
{
    if (capacity > UINT32_MAX && item_size > 0) {
        errno = ENOMEM;
        return NULL;
    }
    struct ring *r = map(capacity, item_size, capacity);
    if (r == NULL)
        return NULL;
    r->room = semaphore((unsigned)capacity);
    r->items = r->room == -1 ? -1 : semaphore(0);
    if (r->items != -1)
        return r;
    int error = errno;
    if (r->room != -1)
        close(r->room);
    munmap(r, r->all);
    errno = error;
    return NULL;
}

static void take(int fd)
{
    uint64_t one;

    while (read(fd, &one, sizeof(one)) != sizeof(one))
        ;
}

static void give(int fd)
{
    uint64_t one = 1;

    while (write(fd, &one, sizeof(one)) != sizeof(one))
        ;
}

void ring_put(struct ring *r, const void *item)
{
    take(r->room);
    memcpy(r->data + r->in * r->item_size, item, r->item_size);
    r->in = (r->in + 1) % r->capacity;
    give(r->items);
}

void ring_get(struct ring *r, void *item)
{
    take(r->items);
    memcpy(item, r->data + r->out * r->item_size, r->item_size);
    r->out = (r->out + 1) % r->capacity;
    give(r->room);
}

void ring_destroy(struct ring *r)
{
    if (r == NULL)
        return;
    close(r->room);
    close(r->items);
    munmap(r, r->all);
}
