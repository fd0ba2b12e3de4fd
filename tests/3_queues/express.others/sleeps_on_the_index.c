/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: sleeps on the other side's index itself, 32 bits of it; a flag
 *     says that somebody does; laps and slots in one index
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

struct express {
    size_t all, capacity, item_size;
    _Alignas(64) _Atomic uint32_t in; /* counts on, for the futex */
    size_t in_slot;
    _Alignas(64) _Atomic uint32_t out;
    size_t out_slot;
    _Alignas(64) atomic_uint putter_sleeps, getter_sleeps;
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
    if (capacity > INT32_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    struct express *r = map(capacity, item_size);
    if (r == NULL)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    return r;
}

static uint32_t look(_Atomic uint32_t *at)
{
    return atomic_load_explicit(at, memory_order_acquire);
}

static void move(_Atomic uint32_t *at, atomic_uint *sleeps)
{
    atomic_fetch_add(at, 1);
    if (atomic_load(sleeps))
        syscall(SYS_futex, at, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool express_try_put(struct express *r, const void *item)
{
    if (look(&r->in) - look(&r->out) == (uint32_t)r->capacity)
        return false;
    memcpy(r->data + r->in_slot * r->item_size, item, r->item_size);
    r->in_slot = r->in_slot + 1 == r->capacity ? 0 : r->in_slot + 1;
    move(&r->in, &r->getter_sleeps);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    if (look(&r->in) == look(&r->out))
        return false;
    memcpy(item, r->data + r->out_slot * r->item_size, r->item_size);
    r->out_slot = r->out_slot + 1 == r->capacity ? 0 : r->out_slot + 1;
    move(&r->out, &r->putter_sleeps);
    return true;
}

static void sleep_while(_Atomic uint32_t *at, uint32_t value, atomic_uint *me)
{
    atomic_store(me, 1);
    if (atomic_load(at) == value)
        syscall(SYS_futex, at, FUTEX_WAIT, value, NULL, NULL, 0);
    atomic_store(me, 0);
}

void express_put(struct express *r, const void *item)
{
    while (!express_try_put(r, item))
        sleep_while(&r->out, look(&r->in) - (uint32_t)r->capacity,
                    &r->putter_sleeps);
}

void express_get(struct express *r, void *item)
{
    while (!express_try_get(r, item))
        sleep_while(&r->in, look(&r->out), &r->getter_sleeps);
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
