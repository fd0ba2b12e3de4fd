/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: atomics all the way; only who sleeps takes a lock, and waits for
 *     a condition
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
#include <pthread.h>

struct side {
    _Alignas(64) atomic_size_t at;
    _Alignas(64) atomic_bool waits;
    pthread_mutex_t lock;
    pthread_cond_t moved;
};

struct express {
    size_t all, slots, item_size;
    struct side in, out;
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

static void prepare(struct side *side)
{
    pthread_mutexattr_t m;
    pthread_condattr_t c;

    pthread_mutexattr_init(&m);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&side->lock, &m);
    pthread_mutexattr_destroy(&m);
    pthread_condattr_init(&c);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&side->moved, &c);
    pthread_condattr_destroy(&c);
}

struct express *express_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    struct express *r = map(capacity + 1, item_size);
    if (r == NULL)
        return NULL;
    r->slots = capacity + 1;
    r->item_size = item_size;
    prepare(&r->in);
    prepare(&r->out);
    return r;
}

static void move(struct side *me, size_t at, struct side *other)
{
    atomic_store(&me->at, at);
    if (!atomic_load(&other->waits))
        return;
    pthread_mutex_lock(&other->lock);
    atomic_store(&other->waits, false);
    pthread_cond_signal(&other->moved);
    pthread_mutex_unlock(&other->lock);
}

bool express_try_put(struct express *r, const void *item)
{
    size_t in = atomic_load(&r->in.at), next = (in + 1) % r->slots;

    if (next == atomic_load(&r->out.at))
        return false;
    memcpy(r->data + in * r->item_size, item, r->item_size);
    move(&r->in, next, &r->out);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    size_t out = atomic_load(&r->out.at);

    if (out == atomic_load(&r->in.at))
        return false;
    memcpy(item, r->data + out * r->item_size, r->item_size);
    move(&r->out, (out + 1) % r->slots, &r->in);
    return true;
}

static void wait_while_at(struct side *me, struct side *other, size_t at)
{
    pthread_mutex_lock(&me->lock);
    for (;;) {
        atomic_store(&me->waits, true);
        if (atomic_load(&other->at) != at)
            break;
        while (atomic_load(&me->waits))
            pthread_cond_wait(&me->moved, &me->lock);
    }
    atomic_store(&me->waits, false);
    pthread_mutex_unlock(&me->lock);
}

void express_put(struct express *r, const void *item)
{
    while (!express_try_put(r, item))
        wait_while_at(&r->in, &r->out, (atomic_load(&r->in.at) + 1) % r->slots);
}

void express_get(struct express *r, void *item)
{
    while (!express_try_get(r, item))
        wait_while_at(&r->out, &r->in, atomic_load(&r->out.at));
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
