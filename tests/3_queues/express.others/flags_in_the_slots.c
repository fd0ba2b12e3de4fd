/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: a full flag in each slot and no shared index at all; sleeps on
 *     the flag
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

enum { FREE, FULL, AWAITED = 2 };

struct slot {
    _Atomic uint32_t state;
    unsigned char item[];
};

struct express {
    size_t all, capacity, item_size, stride;
    _Alignas(64) size_t in;
    _Alignas(64) size_t out;
    _Alignas(64) char slots[];
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
    if (item_size > SIZE_MAX - 16) {
        errno = ENOMEM;
        return NULL;
    }
    size_t stride = sizeof(struct slot) + (item_size + 3) / 4 * 4;
    struct express *r = map(capacity, stride);
    if (r == NULL)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    r->stride = stride;
    return r;
}

static struct slot *slot_at(struct express *r, size_t at)
{
    return (struct slot *)(void *)(r->slots + at * r->stride);
}

static void become(struct slot *slot, uint32_t state)
{
    if (atomic_exchange(&slot->state, state) & AWAITED)
        syscall(SYS_futex, &slot->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static bool is(struct slot *slot, uint32_t state)
{
    return (atomic_load_explicit(&slot->state, memory_order_acquire) & FULL) ==
           state;
}

static void sleep_until(struct slot *slot, uint32_t state)
{
    uint32_t now = atomic_load(&slot->state);

    if ((now & FULL) == state)
        return;
    if (now & AWAITED ||
        atomic_compare_exchange_strong(&slot->state, &now, now | AWAITED))
        syscall(SYS_futex, &slot->state, FUTEX_WAIT, now | AWAITED, NULL, NULL,
                0);
}

bool express_try_put(struct express *r, const void *item)
{
    struct slot *slot = slot_at(r, r->in);

    if (!is(slot, FREE))
        return false;
    memcpy(slot->item, item, r->item_size);
    r->in = (r->in + 1) % r->capacity;
    become(slot, FULL);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    struct slot *slot = slot_at(r, r->out);

    if (!is(slot, FULL))
        return false;
    memcpy(item, slot->item, r->item_size);
    r->out = (r->out + 1) % r->capacity;
    become(slot, FREE);
    return true;
}

void express_put(struct express *r, const void *item)
{
    while (!express_try_put(r, item))
        sleep_until(slot_at(r, r->in), FREE);
}

void express_get(struct express *r, void *item)
{
    while (!express_try_get(r, item))
        sleep_until(slot_at(r, r->out), FULL);
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
