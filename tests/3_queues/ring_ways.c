/*
 * ring_ways.c — what holds of ring in every order of its two processes.
 */
#include "ring.h"

#define RING struct ring
#define OF(f) ring_##f
#include "ring_orders.h"

#define LESSONS                                                                \
    .lesson =                                                                  \
        {                                                                      \
            [INTERLEAVE_ASSERTION] =                                           \
                "wait until there is room, or an item, and look again after "  \
                "each wake-up; copy; and only then tell the other side",       \
            [INTERLEAVE_DEADLOCK] =                                            \
                "two things are waited for, room and items: whoever makes "    \
                "one of them tells the other side, each time",                 \
            [INTERLEAVE_SPINS] = "who waits, sleeps until there is something", \
            [INTERLEAVE_RACE] =                                                \
                "what a process wrote before sem_post (an unlock, a release "  \
                "store) is seen by the one whose sem_wait (lock, acquire "     \
                "load) got it; a plain or a relaxed variable says nothing",    \
    },                                                                         \
    .otherwise = "one waits for room, copies, tells that there is an item; "   \
                 "the other waits for an item, copies, tells that there is "   \
                 "room"

static void setup_one_slot(void)
{
    make_ring(1);
    items = 2;
}

void no_order_breaks_a_ring_with_one_slot(void **state)
{
    (void)state;
    EVERY_WAY(.of = "one producer and one consumer",
              .world = {.setup = setup_one_slot,
                        .op = {{"producer", produce}, {"consumer", consume}},
                        .teardown = give_back,
                        .preemptions = 2},
              LESSONS);
}

static void setup_two_slots(void)
{
    make_ring(2);
    items = 3;
}

void no_order_breaks_a_ring_with_two_slots(void **state)
{
    (void)state;
    EVERY_WAY(.of = "one producer and one consumer",
              .world = {.setup = setup_two_slots,
                        .op = {{"producer", produce}, {"consumer", consume}},
                        .teardown = give_back,
                        .preemptions = 1,
                        .spurious = true},
              LESSONS);
}
