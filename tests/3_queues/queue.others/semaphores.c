/*
 * Technique: three semaphores; a closed queue passes one more from hand to
 *     hand.
 */
#include "queue.h"

#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct queue {
    size_t size; /* of the whole mapping: munmap wants to know */
    sem_t lock, room, filled;
    size_t capacity, item_size;
    size_t first, count; /* the oldest item, and how many there are */
    bool closed;
    unsigned char items[];
};

static int init(struct queue *queue)
{
    if (sem_init(&queue->lock, 1, 1) == -1 ||
        sem_init(&queue->room, 1, (unsigned)queue->capacity) == -1 ||
        sem_init(&queue->filled, 1, 0) == -1)
        return errno;
    return 0;
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
    if (capacity > INT_MAX ||
        __builtin_mul_overflow(capacity, item_size, &size) ||
        __builtin_add_overflow(size, sizeof(*queue), &size)) {
        errno = ENOMEM;
        return NULL;
    }
    queue = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    if (queue == MAP_FAILED)
        return NULL;
    queue->size = size;
    queue->capacity = capacity;
    queue->item_size = item_size;
    error = init(queue);
    if (error != 0) {
        munmap(queue, size);
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

static void lock(struct queue *queue)
{
    while (sem_wait(&queue->lock) == -1 && errno == EINTR)
        ;
}

/* Returns an error number. */
static int down(sem_t *sem, int timeout_ms)
{
    struct timespec deadline = after(timeout_ms);
    int result;

    do
        result = timeout_ms < 0 ? sem_wait(sem)
                 : timeout_ms == 0
                     ? sem_trywait(sem)
                     : sem_clockwait(sem, CLOCK_MONOTONIC, &deadline);
    while (result == -1 && errno == EINTR);
    if (result == 0)
        return 0;
    return errno == EAGAIN ? ETIMEDOUT : errno;
}

static unsigned char *slot(struct queue *queue, size_t index)
{
    if (index >= queue->capacity)
        index -= queue->capacity;
    return queue->items + index * queue->item_size;
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
    int error = down(&queue->room, timeout_ms);

    if (error != 0)
        return result(error);
    lock(queue);
    if (queue->closed) {
        error = EPIPE;
        sem_post(&queue->room); /* on to the next one who waits */
    } else {
        memcpy(slot(queue, queue->first + queue->count), item,
               queue->item_size);
        queue->count++;
        sem_post(&queue->filled);
    }
    sem_post(&queue->lock);
    return result(error);
}

int queue_get(struct queue *queue, void *item, int timeout_ms)
{
    int error = down(&queue->filled, timeout_ms);

    if (error != 0)
        return result(error);
    lock(queue);
    if (queue->count > 0) {
        memcpy(item, slot(queue, queue->first), queue->item_size);
        queue->first = (queue->first + 1) % queue->capacity;
        queue->count--;
        sem_post(&queue->room);
    } else {
        error = EPIPE; /* woken by the close: on to the next one */
        sem_post(&queue->filled);
    }
    sem_post(&queue->lock);
    return result(error);
}

void queue_close(struct queue *queue)
{
    lock(queue);
    if (!queue->closed) {
        queue->closed = true;
        sem_post(&queue->filled);
        sem_post(&queue->room);
    }
    sem_post(&queue->lock);
}

size_t queue_length(struct queue *queue)
{
    lock(queue);
    size_t count = queue->count;
    sem_post(&queue->lock);
    return count;
}

/* Only unmapped: pthread_mutex_destroy would end it for the others, too. */
void queue_destroy(struct queue *queue)
{
    if (queue != NULL)
        munmap(queue, queue->size);
}
