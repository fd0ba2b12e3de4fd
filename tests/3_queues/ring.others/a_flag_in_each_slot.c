/*
 * ring.c — a ring buffer between one producer and one consumer.
 *
 * Technique: a full flag in each slot, a futex of its own; the handle and each
 *     slot apart, System V shared memory
 */
#include "ring.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
    size_t capacity, item_size, stride, in, out;
};

struct slot {
    _Atomic uint32_t full; /* 0 free, 1 full, and 2 more: somebody waits */
    unsigned char item[];
};

struct ring *ring_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (item_size > SIZE_MAX / 2 ||
        capacity > SIZE_MAX / 2 / (item_size + 16)) {
        errno = ENOMEM;
        return NULL;
    }
    size_t stride = (sizeof(struct slot) + item_size + 7) / 8 * 8;
    int id = shmget(IPC_PRIVATE, sizeof(struct ring) + capacity * stride,
                    IPC_CREAT | 0600);
    if (id == -1)
        return NULL;
    struct ring *r = shmat(id, NULL, 0);
    int error = errno;
    shmctl(id, IPC_RMID, NULL); /* gone when the last one detaches */
    errno = error;
    if (r == (void *)-1)
        return NULL;
    r->capacity = capacity;
    r->item_size = item_size;
    r->stride = stride;
    return r;
}

static struct slot *slot_at(struct ring *r, size_t at)
{
    return (void *)((char *)(r + 1) + at * r->stride);
}

static void wait_until(struct slot *slot, uint32_t wanted)
{
    for (;;) {
        uint32_t now = atomic_load(&slot->full);
        if ((now & 1) == wanted)
            return;
        if (now & 2 ||
            atomic_compare_exchange_strong(&slot->full, &now, now | 2))
            syscall(SYS_futex, &slot->full, FUTEX_WAIT, now | 2, NULL, NULL, 0);
    }
}

static void become(struct slot *slot, uint32_t full)
{
    if (atomic_exchange(&slot->full, full) & 2)
        syscall(SYS_futex, &slot->full, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void ring_put(struct ring *r, const void *item)
{
    struct slot *slot = slot_at(r, r->in);

    wait_until(slot, 0);
    memcpy(slot->item, item, r->item_size);
    r->in = (r->in + 1) % r->capacity;
    become(slot, 1);
}

void ring_get(struct ring *r, void *item)
{
    struct slot *slot = slot_at(r, r->out);

    wait_until(slot, 1);
    memcpy(item, slot->item, r->item_size);
    r->out = (r->out + 1) % r->capacity;
    become(slot, 0);
}

void ring_destroy(struct ring *r)
{
    if (r != NULL)
        shmdt(r);
}
