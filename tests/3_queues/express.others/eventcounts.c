/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: an eventcount for each side; counts run on over a power of two of
 *     slots
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

struct event {
    _Alignas(64) _Atomic uint32_t epoch;
    _Atomic uint32_t waiters;
};

struct express {
    size_t all, capacity, item_size, mask;
    _Alignas(64) _Atomic uint64_t in;
    _Alignas(64) _Atomic uint64_t out;
    struct event room, items;
    _Alignas(64) char data[];
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
    size_t slots = 1;
    while (slots != 0 && slots < capacity)
        slots *= 2;
    struct express *r = map(slots, item_size);
    if (r == NULL)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    r->mask = slots - 1;
    return r;
}

static void tell(struct event *e)
{
    if (atomic_load(&e->waiters) > 0) {
        atomic_fetch_add(&e->epoch, 1);
        syscall(SYS_futex, &e->epoch, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    }
}

static uint32_t listen_to(struct event *e)
{
    atomic_fetch_add(&e->waiters, 1);
    return atomic_load(&e->epoch);
}

static void await(struct event *e, uint32_t epoch)
{
    syscall(SYS_futex, &e->epoch, FUTEX_WAIT_BITSET, epoch, NULL, NULL,
            FUTEX_BITSET_MATCH_ANY);
}

static char *slot(struct express *r, uint64_t n)
{
    return r->data + (n & r->mask) * r->item_size;
}

bool express_try_put(struct express *r, const void *item)
{
    uint64_t in = atomic_load(&r->in);

    if (in - atomic_load(&r->out) == r->capacity)
        return false;
    memcpy(slot(r, in), item, r->item_size);
    atomic_store(&r->in, in + 1);
    tell(&r->items);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    uint64_t out = atomic_load(&r->out);

    if (atomic_load(&r->in) == out)
        return false;
    memcpy(item, slot(r, out), r->item_size);
    atomic_store(&r->out, out + 1);
    tell(&r->room);
    return true;
}

void express_put(struct express *r, const void *item)
{
    for (bool done = express_try_put(r, item); !done;) {
        uint32_t epoch = listen_to(&r->room);
        if (!(done = express_try_put(r, item)))
            await(&r->room, epoch);
        atomic_fetch_sub(&r->room.waiters, 1);
    }
}

void express_get(struct express *r, void *item)
{
    for (bool done = express_try_get(r, item); !done;) {
        uint32_t epoch = listen_to(&r->items);
        if (!(done = express_try_get(r, item)))
            await(&r->items, epoch);
        atomic_fetch_sub(&r->items.waiters, 1);
    }
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
