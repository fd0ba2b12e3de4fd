/*
 * Mistake: both sides sleep on one word, and one takes back what the other
 *     said.
 * Caught by: no_order_loses_one_of_two_wake_ups
 * Saying: say that you sleep, look once more
 */
#include "express.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LOOKS = 50 };

/* positions run through [0, 2 * capacity): full and empty differ */
struct express {
    size_t capacity, item_size, mapped;
    alignas(64) _Atomic size_t tail; /* the producer writes it */
    size_t head_seen;
    alignas(64) _Atomic size_t head; /* the consumer writes it */
    size_t tail_seen;
    alignas(64) _Atomic uint32_t put_sleeps;
    alignas(64) unsigned char slots[];
};

static void sleep_on(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAIT, 1, NULL, NULL, 0);
}

static void wake(_Atomic uint32_t *word)
{
    if (atomic_load(word) != 0 && atomic_exchange(word, 0) != 0)
        syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static size_t used(const struct express *r, size_t head, size_t tail)
{
    return tail >= head ? tail - head : tail + 2 * r->capacity - head;
}

static size_t next(const struct express *r, size_t p)
{
    return p + 1 == 2 * r->capacity ? 0 : p + 1;
}

static unsigned char *slot(struct express *r, size_t p)
{
    return r->slots + (p >= r->capacity ? p - r->capacity : p) * r->item_size;
}

struct express *express_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    size_t bytes;
    if (__builtin_mul_overflow(capacity, item_size, &bytes) ||
        __builtin_add_overflow(bytes, sizeof(struct express), &bytes) ||
        bytes > SIZE_MAX / 2) {
        errno = ENOMEM;
        return NULL;
    }
    struct express *r = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (r == MAP_FAILED)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    r->mapped = bytes;
    return r;
}

bool express_try_put(struct express *r, const void *item)
{
    size_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (used(r, r->head_seen, tail) == r->capacity) {
        r->head_seen = atomic_load(&r->head);
        if (used(r, r->head_seen, tail) == r->capacity)
            return false;
    }
    memcpy(slot(r, tail), item, r->item_size);
    atomic_store(&r->tail, next(r, tail));
    wake(&r->put_sleeps);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    if (r->tail_seen == head) {
        r->tail_seen = atomic_load(&r->tail);
        if (r->tail_seen == head)
            return false;
    }
    memcpy(item, slot(r, head), r->item_size);
    atomic_store(&r->head, next(r, head));
    wake(&r->put_sleeps);
    return true;
}

void express_put(struct express *r, const void *item)
{
    for (int looks = 0; !express_try_put(r, item); looks++) {
        if (looks < LOOKS)
            continue;
        atomic_store(&r->put_sleeps, 1);
        if (express_try_put(r, item)) {
            atomic_store(&r->put_sleeps, 0);
            return;
        }
        sleep_on(&r->put_sleeps);
    }
}

void express_get(struct express *r, void *item)
{
    for (int looks = 0; !express_try_get(r, item); looks++) {
        if (looks < LOOKS)
            continue;
        atomic_store(&r->put_sleeps, 1);
        if (express_try_get(r, item)) {
            atomic_store(&r->put_sleeps, 0);
            return;
        }
        sleep_on(&r->put_sleeps);
    }
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->mapped);
}
