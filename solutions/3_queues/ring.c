/*
 * ring.c — a ring buffer between one producer and one consumer.
 */
#include "ring.h"

#include <errno.h>
#include <limits.h>
#include <semaphore.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

struct ring {
    size_t capacity, item_size;
    sem_t room;  /* slots that are free: put waits for one    */
    sem_t items; /* slots that are filled: get waits for one  */
    size_t put;  /* the slot to fill next: the producer's own */
    size_t get;  /* the slot to empty next: the consumer's    */
    unsigned char slot[];
};

static size_t bytes(size_t capacity, size_t item_size)
{
    return sizeof(struct ring) + capacity * item_size;
}

struct ring *ring_create(size_t capacity, size_t item_size)
{
    if (capacity == 0 || item_size == 0) {
        errno = EINVAL;
        return NULL;
    }
    /* A product that is too large comes out small, and mmap would not see
     * it. A semaphore counts no further than SEM_VALUE_MAX. */
    if (capacity > (SIZE_MAX - sizeof(struct ring)) / item_size ||
        capacity > SEM_VALUE_MAX) {
        errno = ENOMEM;
        return NULL;
    }
    struct ring *ring =
        mmap(NULL, bytes(capacity, item_size), PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (ring == MAP_FAILED)
        return NULL;
    ring->capacity = capacity;
    ring->item_size = item_size;
    sem_init(&ring->room, 1, (unsigned)capacity); /* 1: between processes */
    sem_init(&ring->items, 1, 0);
    return ring;
}

static void take_one(sem_t *sem)
{
    while (sem_wait(sem) == -1 && errno == EINTR)
        ;
}

/* The slot at *at; and on to the next one, behind the last the first. */
static void *slot_at(struct ring *ring, size_t *at)
{
    void *slot = ring->slot + *at * ring->item_size;

    *at = *at + 1 < ring->capacity ? *at + 1 : 0;
    return slot;
}

void ring_put(struct ring *ring, const void *item)
{
    take_one(&ring->room);
    memcpy(slot_at(ring, &ring->put), item, ring->item_size);
    sem_post(&ring->items); /* only now is the item there */
}

void ring_get(struct ring *ring, void *item)
{
    take_one(&ring->items);
    memcpy(item, slot_at(ring, &ring->get), ring->item_size);
    sem_post(&ring->room); /* only now may the slot be filled again */
}

/* No sem_destroy: other processes may still be using them. */
void ring_destroy(struct ring *ring)
{
    if (ring != NULL)
        munmap(ring, bytes(ring->capacity, ring->item_size));
}

/*
 * The trap: one semaphore. It can say "there is an item" or "there is room",
 * and whoever waits for the other one has to look again and again.
 */
