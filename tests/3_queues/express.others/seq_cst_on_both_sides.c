/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: seq_cst on both sides, of those who sleep and of those who wake
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

enum {
    LINE = 64, /* bytes that travel together between two processors */
    LOOKS = 8, /* before going to sleep */
};

/* What one of the two sides writes. The other reads `at` now and then, and
 * `asleep` each time: on a line of its own, which hardly ever changes. */
struct side {
    alignas(LINE) atomic_size_t at;  /* its next slot */
    size_t seen;                     /* the other's `at`, when last looked */
    alignas(LINE) atomic_int asleep; /* or about to be; the futex */
};

struct express {
    size_t slots; /* one more than the capacity: full is not empty */
    size_t item_size, size;
    struct side put, get;
    alignas(LINE) unsigned char slot[];
};

struct express *express_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (capacity >= (SIZE_MAX - sizeof(struct express)) / item_size) {
        errno = ENOMEM;
        return NULL;
    }
    size_t size = sizeof(struct express) + (capacity + 1) * item_size;
    struct express *ring = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED)
        return NULL;
    ring->slots = capacity + 1;
    ring->item_size = item_size;
    ring->size = size;
    return ring; /* new pages are full of zeros: empty, nobody asleep */
}

static size_t after(const struct express *ring, size_t at)
{
    return at + 1 < ring->slots ? at + 1 : 0;
}

/* What was copied before is visible to whoever loads `at` with acquire. And
 * seq_cst, as in wait_until_it_moves: of two sides that both store first and
 * then load, one sees what the other stored. */
static void move_on(struct side *me, struct side *other, size_t at)
{
    atomic_store(&me->at, at);
    if (atomic_load(&other->asleep) && atomic_exchange(&other->asleep, 0))
        syscall(SYS_futex, &other->asleep, FUTEX_WAKE, 1, NULL, NULL, 0);
}

bool express_try_put(struct express *ring, const void *item)
{
    struct side *me = &ring->put;
    size_t at = atomic_load_explicit(&me->at, memory_order_relaxed);
    size_t next = after(ring, at);

    if (next == me->seen) {
        me->seen = atomic_load_explicit(&ring->get.at, memory_order_acquire);
        if (next == me->seen)
            return false;
    }
    memcpy(ring->slot + at * ring->item_size, item, ring->item_size);
    move_on(me, &ring->get, next);
    return true;
}

bool express_try_get(struct express *ring, void *item)
{
    struct side *me = &ring->get;
    size_t at = atomic_load_explicit(&me->at, memory_order_relaxed);

    if (at == me->seen) {
        me->seen = atomic_load_explicit(&ring->put.at, memory_order_acquire);
        if (at == me->seen)
            return false;
    }
    memcpy(item, ring->slot + at * ring->item_size, ring->item_size);
    move_on(me, &ring->put, after(ring, at));
    return true;
}

/* Each pause is twice as long as the one before: meanwhile the other side
 * moves some steps ahead, undisturbed. */
static bool moves_soon(const struct side *me, const struct side *other)
{
    for (int look = 0; look < LOOKS; look++) {
        for (int pause = 640 << look; pause > 0; pause--)
            __asm__ volatile(""); /* or the compiler leaves it out */
        if (atomic_load_explicit(&other->at, memory_order_relaxed) != me->seen)
            return true;
    }
    return false;
}

/* Say it, look once more, sleep: whoever moves on between the look and the
 * sleep takes `asleep` back, and then futex does not sleep. */
static void wait_until_it_moves(struct side *me, const struct side *other)
{
    if (moves_soon(me, other))
        return;
    atomic_store(&me->asleep, 1);
    if (atomic_load(&other->at) == me->seen)
        syscall(SYS_futex, &me->asleep, FUTEX_WAIT, 1, NULL, NULL, 0);
    atomic_store_explicit(&me->asleep, 0, memory_order_relaxed);
}

void express_put(struct express *ring, const void *item)
{
    while (!express_try_put(ring, item))
        wait_until_it_moves(&ring->put, &ring->get);
}

void express_get(struct express *ring, void *item)
{
    while (!express_try_get(ring, item))
        wait_until_it_moves(&ring->get, &ring->put);
}

void express_destroy(struct express *ring)
{
    if (ring != NULL)
        munmap(ring, ring->size);
}
