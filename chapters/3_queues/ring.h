/*
 * ring — a ring buffer between one producer and one consumer.
 *
 * ring_create(capacity, item_size) makes a ring that holds up to capacity
 * items of item_size bytes each, any number of either, in memory shared by
 * the caller and every process it forks afterwards. At any time one process
 * at most calls ring_put, and one at most ring_get: they need not be the
 * same ones for ever.
 *
 *   ring_put      copies the item in; waits, asleep, while the ring is full.
 *   ring_get      copies the oldest item out; waits, asleep, while the ring
 *                 is empty.
 *   ring_destroy  gives the memory back in the process that calls it; the
 *                 others may go on. NULL does nothing.
 *
 * Items come out whole, once each, in the order they went in. What a process
 * wrote before ring_put is seen by the one whose ring_get got the item. A
 * signal that interrupts a wait does not end it.
 *
 * Returns  ring_create: the ring, or NULL with errno:
 *          EINVAL   capacity or item_size is 0.
 *          ENOMEM … there is not so much memory, or more places than can be
 *                   counted; nothing is left behind.
 *
 * Memory       owned by the caller of ring_create; given back with
 *              ring_destroy.
 * Descriptors, names  none is left.
 *
 * See also sem_overview(7), sem_init(3), sem_wait(3), sem_post(3), mmap(2).
 */
#ifndef RING_H
#define RING_H

#include <stddef.h>

struct ring;

struct ring *ring_create(size_t capacity, size_t item_size);
void ring_put(struct ring *, const void *item);
void ring_get(struct ring *, void *item);
void ring_destroy(struct ring *);

#endif
