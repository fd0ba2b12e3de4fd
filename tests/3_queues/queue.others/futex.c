/*
 * Technique: a lock of three states and two bells, both futexes.
 */
#include "queue.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* What one sleeps on: a condition variable could die with its user. */
struct bell {
    atomic_uint rung; /* futex word; changes with each ringing */
    bool heard;       /* somebody may be asleep on it */
};

struct queue {
    size_t size;      /* of the whole mapping: munmap wants to know */
    atomic_uint lock; /* 0 free, 1 taken, 2 taken and waited for */
    struct bell put, got;
    size_t item_size;
    size_t slots; /* one more than the capacity: it stays free */
    /* Equal: nothing is in it. All three are atomic for the compiler's sake:
     * it moves nothing to the other side of these stores. */
    atomic_size_t first, next;
    atomic_bool closed;
    unsigned char items[];
};

struct queue *queue_create(size_t capacity, size_t item_size)
{
    struct queue *queue;
    size_t size;

    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (capacity == SIZE_MAX ||
        __builtin_mul_overflow(capacity + 1, item_size, &size) ||
        __builtin_add_overflow(size, sizeof(*queue), &size)) {
        errno = ENOMEM;
        return NULL;
    }
    queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    if (queue == MAP_FAILED)
        return NULL;
    queue->size = size;
    queue->item_size = item_size;
    queue->slots = capacity + 1;
    return queue;
}

static void lock(struct queue *queue)
{
    unsigned was = 0;

    if (atomic_compare_exchange_strong(&queue->lock, &was, 1))
        return;
    while (atomic_exchange(&queue->lock, 2) != 0)
        syscall(SYS_futex, &queue->lock, FUTEX_WAIT, 2, NULL, NULL, 0);
}

static void unlock(struct queue *queue)
{
    if (atomic_exchange(&queue->lock, 0) == 2)
        syscall(SYS_futex, &queue->lock, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Under the lock, before the store that the sleepers wait for. */
static void ring(struct bell *bell)
{
    if (!bell->heard)
        return;
    atomic_fetch_add(&bell->rung, 1);
    /* All: one alone might be killed before he has done what he was for. */
    syscall(SYS_futex, &bell->rung, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
    bell->heard = false; /* not before they are awake */
}

/* Gives the lock away while it sleeps. False when the time is over. */
static bool sleep_until(struct bell *bell, struct queue *queue,
                        const struct timespec *deadline)
{
    unsigned before = atomic_load(&bell->rung);
    int error = 0;

    bell->heard = true;
    unlock(queue);
    if (syscall(SYS_futex, &bell->rung, FUTEX_WAIT_BITSET, before,
                deadline->tv_sec ? deadline : NULL, NULL,
                FUTEX_BITSET_MATCH_ANY) == -1)
        error = errno;
    lock(queue);
    return error != ETIMEDOUT;
}

/* The point in time, fixed once: however often we wake, it stays. */
static struct timespec after(int timeout_ms)
{
    struct timespec t = {0};

    if (timeout_ms < 0)
        return t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static size_t behind(const struct queue *queue, size_t slot)
{
    return (slot + 1) % queue->slots;
}

static bool full(const struct queue *queue)
{
    return behind(queue, queue->next) == queue->first;
}

static bool empty(const struct queue *queue)
{
    return queue->next == queue->first;
}

static int result(int error)
{
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}

int queue_put(struct queue *queue, const void *item, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int error = 0;

    lock(queue);
    while (full(queue) && !queue->closed)
        if (!sleep_until(&queue->got, queue, &deadline))
            break;
    if (queue->closed) {
        error = EPIPE;
    } else if (full(queue)) {
        error = ETIMEDOUT;
    } else {
        memcpy(queue->items + queue->next * queue->item_size, item,
               queue->item_size);
        ring(&queue->put);
        queue->next = behind(queue, queue->next); /* now it is in */
    }
    unlock(queue);
    return result(error);
}

int queue_get(struct queue *queue, void *item, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int error = 0;

    lock(queue);
    while (empty(queue) && !queue->closed)
        if (!sleep_until(&queue->put, queue, &deadline))
            break;
    if (!empty(queue)) {
        memcpy(item, queue->items + queue->first * queue->item_size,
               queue->item_size);
        ring(&queue->got);
        queue->first = behind(queue, queue->first); /* now it is out */
    } else {
        error = queue->closed ? EPIPE : ETIMEDOUT;
    }
    unlock(queue);
    return result(error);
}

void queue_close(struct queue *queue)
{
    lock(queue);
    ring(&queue->put);
    ring(&queue->got);
    queue->closed = true;
    unlock(queue);
}

size_t queue_length(struct queue *queue)
{
    lock(queue);
    size_t length = (queue->next + queue->slots - queue->first) % queue->slots;
    unlock(queue);
    return length;
}

/* Only unmapped: pthread_mutex_destroy would end it for the others, too. */
void queue_destroy(struct queue *queue)
{
    if (queue != NULL)
        munmap(queue, queue->size);
}
