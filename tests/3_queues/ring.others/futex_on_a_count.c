/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: two futexes that count like semaphores, raw syscall
 */
#include "ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
    size_t all, capacity, item_size;
    _Atomic uint32_t filled; /* how many, for both */
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

struct ring *ring_create(size_t capacity, size_t item_size)
{
    if (capacity > UINT32_MAX) {
        errno = item_size == 0 ? EINVAL : ENOMEM;
        return NULL;
    }
    return map(capacity, item_size, capacity);
}

static void sleep_while(struct ring *r, uint32_t filled)
{
    syscall(SYS_futex, &r->filled, FUTEX_WAIT, filled, NULL, NULL, 0);
}

static void wake(struct ring *r)
{
    syscall(SYS_futex, &r->filled, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void ring_put(struct ring *r, const void *item)
{
    while (atomic_load(&r->filled) == r->capacity)
        sleep_while(r, (uint32_t)r->capacity);
    memcpy(r->data + r->in * r->item_size, item, r->item_size);
    if (++r->in == r->capacity)
        r->in = 0;
    if (atomic_fetch_add(&r->filled, 1) == 0)
        wake(r);
}

void ring_get(struct ring *r, void *item)
{
    while (atomic_load(&r->filled) == 0)
        sleep_while(r, 0);
    memcpy(item, r->data + r->out * r->item_size, r->item_size);
    if (++r->out == r->capacity)
        r->out = 0;
    if (atomic_fetch_sub(&r->filled, 1) == r->capacity)
        wake(r);
}

void ring_destroy(struct ring *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
