/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: Lamport's ring of atomics with one slot more; a pipe to kick a
 *     sleeper
 */
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct ring {
    size_t all, capacity, item_size;
    atomic_size_t in, out;
    atomic_bool putter_waits, getter_waits;
    int room[2], items[2];
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
    struct ring *r = map(capacity, item_size, capacity + 1);

    if (r == NULL)
        return NULL;
    if (pipe2(r->room, O_CLOEXEC | O_NONBLOCK) == 0) {
        if (pipe2(r->items, O_CLOEXEC | O_NONBLOCK) == 0) {
            fcntl(r->room[0], F_SETFL, 0); /* reading may sleep */
            fcntl(r->items[0], F_SETFL, 0);
            return r;
        }
        int error = errno;
        close(r->room[0]);
        close(r->room[1]);
        errno = error;
    }
    int error = errno;
    munmap(r, r->all);
    errno = error;
    return NULL;
}

static void kick(atomic_bool *waits, int fd)
{
    /* If the pipe is full, there are kicks enough in it. */
    if (atomic_exchange(waits, false) && write(fd, "k", 1) == -1)
        errno = 0;
}

void ring_put(struct ring *r, const void *item)
{
    size_t in = atomic_load(&r->in), next = in == r->capacity ? 0 : in + 1;
    char kicks[64];

    while (next == atomic_load(&r->out)) {
        atomic_store(&r->putter_waits, true);
        if (next == atomic_load(&r->out) && read(r->room[0], kicks, 64) < 0)
            continue;
    }
    memcpy(r->data + in * r->item_size, item, r->item_size);
    atomic_store(&r->in, next);
    kick(&r->getter_waits, r->items[1]);
}

void ring_get(struct ring *r, void *item)
{
    size_t out = atomic_load(&r->out);
    char kicks[64];

    while (out == atomic_load(&r->in)) {
        atomic_store(&r->getter_waits, true);
        if (out == atomic_load(&r->in) && read(r->items[0], kicks, 64) < 0)
            continue;
    }
    memcpy(item, r->data + out * r->item_size, r->item_size);
    atomic_store(&r->out, out == r->capacity ? 0 : out + 1);
    kick(&r->putter_waits, r->room[1]);
}

void ring_destroy(struct ring *r)
{
    if (r == NULL)
        return;
    close(r->room[0]), close(r->room[1]);
    close(r->items[0]), close(r->items[1]);
    munmap(r, r->all);
}
