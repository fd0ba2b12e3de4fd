/*
 * express — a ring without locks, that sleeps when there is nothing to do.
 *
 * express_create(capacity, item_size) makes a ring that holds up to capacity
 * items of item_size bytes each, any number of either, in memory shared by
 * the caller and every process it forks afterwards. At any time one process
 * at most puts, and one at most gets.
 *
 *   express_put      copies the item in; waits while the ring is full.
 *   express_get      copies the oldest item out; waits while it is empty.
 *   express_try_put  the same without waiting: true, or false when full.
 *   express_try_get  the same without waiting: true, or false when empty.
 *   express_destroy  gives the memory back in the process that calls it; the
 *                    others may go on. NULL does nothing.
 *
 * Who waits, is asleep within a millisecond (it may look a few times before)
 * and is woken by the other side. While both sides are busy, not one system
 * call is made: neither by a put when there is room and nobody is asleep,
 * nor by a get when there is an item and nobody is asleep.
 *
 * Items come out whole, once each, in the order they went in, without end:
 * more than a size_t can count. What a process wrote before express_put is
 * seen by the one whose express_get got the item. A signal that interrupts a
 * wait does not end it.
 *
 * Returns  express_create: the ring, or NULL with errno:
 *          EINVAL   capacity or item_size is 0.
 *          ENOMEM … there is not so much memory; nothing is left behind.
 *
 * Memory       owned by the caller of express_create; given back with
 *              express_destroy.
 * Descriptors, names  none is left.
 *
 * See also <stdatomic.h>, futex(2), futex(7), mmap(2).
 */
#ifndef EXPRESS_H
#define EXPRESS_H

#include <stdbool.h>
#include <stddef.h>

struct express;

struct express *express_create(size_t capacity, size_t item_size);
void express_put(struct express *, const void *item);
void express_get(struct express *, void *item);
bool express_try_put(struct express *, const void *item);
bool express_try_get(struct express *, void *item);
void express_destroy(struct express *);

#endif
