/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: a turn in each slot, as in Vyukov's queue; flags and fences for
 *     the sleepers
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

struct slot {
    _Atomic uint64_t turn; /* even: free, odd: filled, of the lap */
    unsigned char item[];
};

struct express {
    size_t all, capacity, item_size, stride;
    _Alignas(64) size_t put_at;
    uint64_t put_lap;
    _Alignas(64) size_t get_at;
    uint64_t get_lap;
    _Alignas(64) atomic_int putter_sleeps;
    atomic_int getter_sleeps;
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
    if (item_size > SIZE_MAX / 2) {
        errno = ENOMEM;
        return NULL;
    }
    size_t stride = sizeof(struct slot) + (item_size + 7) / 8 * 8;
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

static void wake(atomic_int *sleeps)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(sleeps, memory_order_relaxed)) {
        atomic_store_explicit(sleeps, 0, memory_order_relaxed);
        syscall(SYS_futex, sleeps, FUTEX_WAKE, 1, NULL, NULL, 0);
    }
}

bool express_try_put(struct express *r, const void *item)
{
    struct slot *slot = slot_at(r, r->put_at);

    if (atomic_load_explicit(&slot->turn, memory_order_acquire) !=
        2 * r->put_lap)
        return false;
    memcpy(slot->item, item, r->item_size);
    atomic_store_explicit(&slot->turn, 2 * r->put_lap + 1,
                          memory_order_release);
    if (++r->put_at == r->capacity) {
        r->put_at = 0;
        r->put_lap++;
    }
    wake(&r->getter_sleeps);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    struct slot *slot = slot_at(r, r->get_at);

    if (atomic_load_explicit(&slot->turn, memory_order_acquire) !=
        2 * r->get_lap + 1)
        return false;
    memcpy(item, slot->item, r->item_size);
    atomic_store_explicit(&slot->turn, 2 * r->get_lap + 2,
                          memory_order_release);
    if (++r->get_at == r->capacity) {
        r->get_at = 0;
        r->get_lap++;
    }
    wake(&r->putter_sleeps);
    return true;
}

void express_put(struct express *r, const void *item)
{
    while (!express_try_put(r, item)) {
        atomic_store_explicit(&r->putter_sleeps, 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
        if (express_try_put(r, item)) {
            atomic_store(&r->putter_sleeps, 0);
            return;
        }
        syscall(SYS_futex, &r->putter_sleeps, FUTEX_WAIT, 1, NULL, NULL, 0);
        atomic_store(&r->putter_sleeps, 0);
    }
}

void express_get(struct express *r, void *item)
{
    while (!express_try_get(r, item)) {
        atomic_store_explicit(&r->getter_sleeps, 1, memory_order_relaxed);
        atomic_thread_fence(memory_order_seq_cst);
        if (express_try_get(r, item)) {
            atomic_store(&r->getter_sleeps, 0);
            return;
        }
        syscall(SYS_futex, &r->getter_sleeps, FUTEX_WAIT, 1, NULL, NULL, 0);
        atomic_store(&r->getter_sleeps, 0);
    }
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
