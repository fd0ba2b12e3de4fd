/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: one futex word holds it all: how many items, and who sleeps
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

enum { PUTTER = 1, GETTER = 2, ONE = 4 };

struct express {
    size_t all, capacity, item_size;
    size_t in, out;
    _Atomic uint32_t state; /* ONE * items, PUTTER sleeps, GETTER sleeps */
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
    if (capacity > UINT32_MAX / ONE - 1) {
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

static void *step(struct express *r, size_t *at)
{
    void *slot = r->data + *at * r->item_size;

    *at = *at + 1 == r->capacity ? 0 : *at + 1;
    return slot;
}

/* Adds delta and takes the sleeper's bit away in one step. */
static void change(struct express *r, uint32_t delta, uint32_t sleeper)
{
    uint32_t old = atomic_load(&r->state);

    while (!atomic_compare_exchange_weak(&r->state, &old,
                                         (old + delta) & ~sleeper))
        ;
    if (old & sleeper)
        syscall(SYS_futex, &r->state, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

bool express_try_put(struct express *r, const void *item)
{
    if (atomic_load(&r->state) / ONE == r->capacity)
        return false;
    memcpy(step(r, &r->in), item, r->item_size);
    change(r, ONE, GETTER);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    if (atomic_load(&r->state) / ONE == 0)
        return false;
    memcpy(item, step(r, &r->out), r->item_size);
    change(r, (uint32_t)-ONE, PUTTER);
    return true;
}

static void sleep_while(struct express *r, size_t items, uint32_t me)
{
    uint32_t state = atomic_load(&r->state);

    while (state / ONE == items) {
        if (state & me ||
            atomic_compare_exchange_weak(&r->state, &state, state | me))
            syscall(SYS_futex, &r->state, FUTEX_WAIT, state | me, NULL, NULL,
                    0);
        state = atomic_load(&r->state);
    }
}

void express_put(struct express *r, const void *item)
{
    while (!express_try_put(r, item))
        sleep_while(r, r->capacity, PUTTER);
}

void express_get(struct express *r, void *item)
{
    while (!express_try_get(r, item))
        sleep_while(r, 0, GETTER);
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
