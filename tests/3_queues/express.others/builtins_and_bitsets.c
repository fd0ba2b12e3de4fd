/*
 * express.c — a ring without locks, that sleeps when there is nothing to do.
 *
 * Technique: builtins, positions up to twice the capacity, exchange to
 *     publish, a spin before the sleep, and MAP_SHARED memory of a memfd
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
    size_t in __attribute__((aligned(128)));
    size_t out __attribute__((aligned(128)));
    uint32_t sleeps[2] __attribute__((aligned(128)));
    char data[] __attribute__((aligned(128)));
};

struct express *express_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (capacity > SIZE_MAX / 4 ||
        capacity > (PTRDIFF_MAX - sizeof(struct express)) / item_size) {
        errno = ENOMEM;
        return NULL;
    }
    size_t all = sizeof(struct express) + capacity * item_size;
    int fd = memfd_create("express", MFD_CLOEXEC);
    if (fd == -1)
        return NULL;
    void *p = ftruncate(fd, (off_t)all) == -1
                  ? MAP_FAILED
                  : mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    int error = errno;
    close(fd);
    errno = error;
    if (p == MAP_FAILED)
        return NULL;
    struct express *r = p;
    r->all = all;
    r->capacity = capacity;
    r->item_size = item_size;
    return r;
}

static size_t behind(struct express *r, size_t at)
{
    return at == 2 * r->capacity - 1 ? 0 : at + 1;
}

static char *slot(struct express *r, size_t at)
{
    return r->data + (at < r->capacity ? at : at - r->capacity) * r->item_size;
}

static bool full(struct express *r)
{
    size_t in = __atomic_load_n(&r->in, __ATOMIC_SEQ_CST);
    size_t out = __atomic_load_n(&r->out, __ATOMIC_SEQ_CST);

    return in == out + r->capacity || out == in + r->capacity;
}

static bool empty(struct express *r)
{
    return __atomic_load_n(&r->in, __ATOMIC_SEQ_CST) ==
           __atomic_load_n(&r->out, __ATOMIC_SEQ_CST);
}

static void publish(size_t *at, size_t value, uint32_t *other)
{
    __atomic_exchange_n(at, value, __ATOMIC_ACQ_REL);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(other, __ATOMIC_RELAXED) != 0 &&
        __atomic_exchange_n(other, 0, __ATOMIC_SEQ_CST) != 0)
        syscall(SYS_futex, other, FUTEX_WAKE_BITSET, 1, NULL, NULL, 1);
}

bool express_try_put(struct express *r, const void *item)
{
    if (full(r))
        return false;
    memcpy(slot(r, r->in), item, r->item_size);
    publish(&r->in, behind(r, r->in), &r->sleeps[1]);
    return true;
}

bool express_try_get(struct express *r, void *item)
{
    if (empty(r))
        return false;
    memcpy(item, slot(r, r->out), r->item_size);
    publish(&r->out, behind(r, r->out), &r->sleeps[0]);
    return true;
}

static void wait_while(bool (*is)(struct express *), struct express *r, int me)
{
    for (int i = 0; i < 20; i++)
        if (!is(r))
            return;
    while (is(r)) {
        __atomic_exchange_n(&r->sleeps[me], 1, __ATOMIC_SEQ_CST);
        if (is(r))
            syscall(SYS_futex, &r->sleeps[me], FUTEX_WAIT_BITSET, 1, NULL, NULL,
                    1);
        __atomic_store_n(&r->sleeps[me], 0, __ATOMIC_SEQ_CST);
    }
}

void express_put(struct express *r, const void *item)
{
    wait_while(full, r, 0);
    express_try_put(r, item);
}

void express_get(struct express *r, void *item)
{
    wait_while(empty, r, 1);
    express_try_get(r, item);
}

void express_destroy(struct express *r)
{
    if (r != NULL)
        munmap(r, r->all);
}
