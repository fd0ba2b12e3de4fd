/*
 * ring_orders.h — worlds of one producer and one consumer, for ring_ways.c
 * and express_ways.c, which say first whose ring it is, as for ring_facts.h.
 */
#ifndef RING_ORDERS_H
#define RING_ORDERS_H

#include "ways.h"

static RING *ring;
static int items;

static void make_ring(size_t capacity)
{
    errno = 0;
    ring = OF(create)(capacity, sizeof(int));
    WAYS_CHECK(ring != NULL, "there is memory for a small ring.");
}

static void put(int n)
{
    OF(put)(ring, &n);
    interleave_say("put %d", n);
}

static void get(int n)
{
    int got = -1;

    OF(get)(ring, &got);
    interleave_say("got %d", got);
    WAYS_CHECK(got == n, "%d came out of the ring, and %d was next.", got, n);
}

static void produce(void)
{
    for (int n = 1; n <= items; n++)
        put(n);
}

static void consume(void)
{
    for (int n = 1; n <= items; n++)
        get(n);
}

static void give_back(void)
{
    OF(destroy)(ring);
}

#endif
