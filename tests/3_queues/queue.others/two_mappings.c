/*
 * Technique: a memfd for the items, clockwait, and numbers that only rise.
 */
#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

struct queue {
    size_t size; /* of the whole mapping: munmap wants to know */
    pthread_mutex_t lock;
    pthread_cond_t not_empty, not_full;
    size_t capacity, item_size;
    size_t taken, brought; /* ever: they only rise */
    bool closed;
    unsigned char *items;
};

/* Returns an error number, like the calls it is made of. */
static int init_lock(pthread_mutex_t *lock)
{
    pthread_mutexattr_t attr;
    int error = pthread_mutexattr_init(&attr);

    if (error != 0)
        return error;
    /* Without it, whoever waits in another process is never found. */
    error = pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (error == 0)
        error = pthread_mutex_init(lock, &attr);
    pthread_mutexattr_destroy(&attr);
    return error;
}

static int init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attr;
    int error = pthread_condattr_init(&attr);

    if (error != 0)
        return error;
    error = pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (error == 0)
        error = pthread_cond_init(condition, &attr);
    pthread_condattr_destroy(&attr);
    return error;
}

static int init(struct queue *queue)
{
    int error = init_lock(&queue->lock);

    if (error == 0)
        error = init_condition(&queue->not_empty);
    if (error == 0)
        error = init_condition(&queue->not_full);
    return error;
}

static unsigned char *map_items(size_t size)
{
    int fd = memfd_create("items", MFD_CLOEXEC);
    void *items = MAP_FAILED;

    if (fd == -1)
        return NULL;
    if (ftruncate(fd, (off_t)size) == 0)
        items = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return items == MAP_FAILED ? NULL : items;
}

struct queue *queue_create(size_t capacity, size_t item_size)
{
    struct queue *queue;
    size_t size;
    int error;

    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (__builtin_mul_overflow(capacity, item_size, &size) ||
        size > (SIZE_MAX >> 2)) {
        errno = ENOMEM;
        return NULL;
    }
    queue = mmap(NULL, sizeof(*queue), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (queue == MAP_FAILED)
        return NULL;
    queue->items = map_items(size);
    if (queue->items == NULL) {
        error = errno;
        munmap(queue, sizeof(*queue));
        errno = error;
        return NULL;
    }
    queue->size = size;
    queue->capacity = capacity;
    queue->item_size = item_size;
    error = init(queue);
    if (error != 0) {
        munmap(queue->items, size);
        munmap(queue, sizeof(*queue));
        errno = error;
        return NULL;
    }
    return queue;
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

/* Gives the lock away while it sleeps. False when the time is over. */
static bool wait_for(pthread_cond_t *condition, struct queue *queue,
                     const struct timespec *deadline)
{
    if (deadline->tv_sec == 0)
        return pthread_cond_wait(condition, &queue->lock) == 0;
    return pthread_cond_clockwait(condition, &queue->lock, CLOCK_MONOTONIC,
                                  deadline) == 0;
}

static unsigned char *slot(struct queue *queue, size_t index)
{
    return queue->items + index % queue->capacity * queue->item_size;
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

    pthread_mutex_lock(&queue->lock);
    /* while, not if: when we wake up, somebody may have been faster. */
    while (queue->brought - queue->taken == queue->capacity && !queue->closed)
        if (!wait_for(&queue->not_full, queue, &deadline))
            break;
    if (queue->closed) {
        error = EPIPE;
    } else if (queue->brought - queue->taken == queue->capacity) {
        error = ETIMEDOUT;
    } else {
        memcpy(slot(queue, queue->brought), item, queue->item_size);
        queue->brought++;
        /* For every item, not only for the first: two may be waiting. */
        pthread_cond_signal(&queue->not_empty);
    }
    pthread_mutex_unlock(&queue->lock);
    return result(error);
}

int queue_get(struct queue *queue, void *item, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int error = 0;

    pthread_mutex_lock(&queue->lock);
    while (queue->brought == queue->taken && !queue->closed)
        if (!wait_for(&queue->not_empty, queue, &deadline))
            break;
    if (queue->brought != queue->taken) {
        memcpy(item, slot(queue, queue->taken), queue->item_size);
        queue->taken++;
        pthread_cond_signal(&queue->not_full);
    } else {
        error = queue->closed ? EPIPE : ETIMEDOUT;
    }
    pthread_mutex_unlock(&queue->lock);
    return result(error);
}

void queue_close(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->closed = true;
    pthread_cond_broadcast(&queue->not_empty);
    pthread_cond_broadcast(&queue->not_full);
    pthread_mutex_unlock(&queue->lock);
}

size_t queue_length(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->brought - queue->taken;
    pthread_mutex_unlock(&queue->lock);
    return count;
}

/* Only unmapped: pthread_mutex_destroy would end it for the others, too. */
void queue_destroy(struct queue *queue)
{
    if (queue == NULL)
        return;
    munmap(queue->items, queue->size);
    munmap(queue, sizeof(*queue));
}
