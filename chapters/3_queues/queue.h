/*
 * queue — many producers, many consumers: multiprocessing.Queue in C.
 *
 * queue_create(capacity, item_size) makes a queue that holds up to capacity
 * items of item_size bytes each, in memory shared by the caller and every
 * process it forks afterwards. Any number of them may call any of these
 * functions at the same time.
 *
 * queue_put copies one item in, behind all others.
 *   Returns  0, or -1 with errno:
 *            ETIMEDOUT  it stayed full for timeout_ms.
 *            EPIPE      the queue is closed, or was closed meanwhile. The
 *                       item is not in it.
 *
 * queue_get copies the oldest item out.
 *   Returns  0, or -1 with errno, and not one byte of item has changed:
 *            ETIMEDOUT  it stayed empty for timeout_ms.
 *            EPIPE      it is closed, and nothing is left in it.
 *
 * queue_close closes it for all: nothing goes in any more, what is in it can
 * still be had, and whoever waits wakes up. Closing twice does no harm.
 *
 * queue_length tells how many items are in it now.
 *
 * queue_destroy gives the memory back in the process that calls it; the
 * others may go on. NULL does nothing.
 *
 * timeout_ms  -1 waits for ever, 0 does not wait, otherwise milliseconds by
 *             a clock that nobody steps (CLOCK_MONOTONIC). Waiting is done
 *             asleep, until there is something to do. A signal that
 *             interrupts a wait neither ends it nor stretches its deadline.
 *
 * Returns  queue_create: the queue, or NULL with errno:
 *          EINVAL   capacity or item_size is 0.
 *          ENOMEM … there is not so much memory; nothing is left behind.
 *
 * Memory       owned by the caller of queue_create; given back with
 *              queue_destroy.
 * Descriptors, names  none is left.
 *
 * See also pthread_mutexattr_setpshared(3), pthread_condattr_setclock(3),
 * pthread_cond_timedwait(3), mmap(2).
 */
#ifndef QUEUE_H
#define QUEUE_H

#include <stddef.h>

struct queue;

struct queue *queue_create(size_t capacity, size_t item_size);
int queue_put(struct queue *, const void *item, int timeout_ms);
int queue_get(struct queue *, void *item, int timeout_ms);
void queue_close(struct queue *);
size_t queue_length(struct queue *);
void queue_destroy(struct queue *);

#endif
