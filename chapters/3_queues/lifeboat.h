/*
 * lifeboat — the same queue, when a process dies in the middle of a call.
 *
 * lifeboat_create(capacity, item_size) makes a queue that holds up to capacity
 * items of item_size bytes each, in memory shared by the caller and every
 * process it forks afterwards. Any number of them may call any of these
 * functions at the same time.
 *
 * lifeboat_put copies one item in, behind all others.
 *   Returns  0, or -1 with errno:
 *            ETIMEDOUT  it stayed full for timeout_ms.
 *            EPIPE      the queue is closed, or was closed meanwhile. The
 *                       item is not in it.
 *
 * lifeboat_get copies the oldest item out.
 *   Returns  0, or -1 with errno, and not one byte of item has changed:
 *            ETIMEDOUT  it stayed empty for timeout_ms.
 *            EPIPE      it is closed, and nothing is left in it.
 *
 * lifeboat_close closes it for all: nothing goes in any more, what is in it can
 * still be had, and whoever waits wakes up. Closing twice does no harm.
 *
 * lifeboat_length tells how many items are in it now.
 *
 * lifeboat_destroy gives the memory back in the process that calls it; the
 * others may go on. NULL does nothing.
 *
 * A process may be killed at any moment inside any of these calls, with
 * SIGKILL too. All others go on: nobody waits for the dead one. An item
 * whose put has returned 0 is got exactly once, unless the dead process had
 * already taken it; the item that was on its way is there whole or not at
 * all, and lifeboat_length agrees with what can be got.
 *
 * timeout_ms  -1 waits for ever, 0 does not wait, otherwise milliseconds by
 *             a clock that nobody steps (CLOCK_MONOTONIC). Waiting is done
 *             asleep, until there is something to do. A signal that
 *             interrupts a wait neither ends it nor stretches its deadline.
 *
 * Returns  lifeboat_create: the queue, or NULL with errno:
 *          EINVAL   capacity or item_size is 0.
 *          ENOMEM … there is not so much memory; nothing is left behind.
 *
 * Memory       owned by the caller of lifeboat_create; given back with
 *              lifeboat_destroy.
 * Descriptors, names  none is left.
 *
 * See also pthread_mutexattr_setrobust(3), pthread_mutex_consistent(3),
 * pthread_mutexattr_setpshared(3), futex(2), mmap(2).
 */
#ifndef LIFEBOAT_H
#define LIFEBOAT_H

#include <stddef.h>

struct lifeboat;

struct lifeboat *lifeboat_create(size_t capacity, size_t item_size);
int lifeboat_put(struct lifeboat *, const void *item, int timeout_ms);
int lifeboat_get(struct lifeboat *, void *item, int timeout_ms);
void lifeboat_close(struct lifeboat *);
size_t lifeboat_length(struct lifeboat *);
void lifeboat_destroy(struct lifeboat *);

#endif
