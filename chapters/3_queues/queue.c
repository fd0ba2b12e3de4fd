#include "queue.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct queue {
    size_t capacity, item_size;
    /* TODO: a lock, and something to sleep on. For how many reasons may
     *       somebody have to wait? */
};

/*
 * TODO: memory that fork shares instead of copying. Locks and conditions are
 *       for the threads of one process, unless they are told otherwise.
 */
struct queue *queue_create(size_t capacity, size_t item_size)
{
    (void)capacity;
    (void)item_size;
    errno = ENOSYS;
    return NULL;
}

/*
 * TODO: whoever wakes up has the lock again. What may have happened between
 *       the signal and that moment? And by which clock does the wait end?
 */
int queue_put(struct queue *queue, const void *item, int timeout_ms)
{
    (void)queue;
    (void)item;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

int queue_get(struct queue *queue, void *item, int timeout_ms)
{
    (void)queue;
    (void)item;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

void queue_close(struct queue *queue)
{
    (void)queue;
}

size_t queue_length(struct queue *queue)
{
    (void)queue;
    return 0;
}

void queue_destroy(struct queue *queue)
{
    (void)queue;
}
