/*
 * express_ways.c — what holds of express in every order of its processes.
 */
#include "express.h"

#define RING struct express
#define OF(f) express_##f
#include "ring_orders.h"

#define LESSONS                                                                \
    .lesson =                                                                  \
        {                                                                      \
            [INTERLEAVE_ASSERTION] =                                           \
                "copy first, and then publish the index, with release; load "  \
                "it with acquire, and then copy",                              \
            [INTERLEAVE_DEADLOCK] =                                            \
                "say that you sleep, look once more, sleep; the other side "   \
                "moves on, and then looks whether you sleep; and futex has "   \
                "to compare the word with what it was before the last look",   \
            [INTERLEAVE_SPINS] =                                               \
                "who waits, looks a few times and then sleeps",                \
            [INTERLEAVE_WITHOUT_END] =                                         \
                "who waits, looks a few times and then sleeps",                \
            [INTERLEAVE_RACE] =                                                \
                "an index is _Atomic; publish it with release when the copy "  \
                "is done, and load the other side's with acquire before you "  \
                "copy",                                                        \
    },                                                                         \
    .otherwise = "copy, publish, look whether somebody sleeps"

#define TWO_SIDES                                                              \
    {                                                                          \
        {"producer", produce},                                                 \
        {                                                                      \
            "consumer", consume                                                \
        }                                                                      \
    }

/* Where there is a slot more than the capacity, it is the third item that
 * fills one again. */
static void setup_three_items(void)
{
    make_ring(1);
    items = 3;
}

void no_order_breaks_a_ring_with_one_slot(void **state)
{
    (void)state;
    EVERY_WAY(.of = "one producer and one consumer",
              .world = {.setup = setup_three_items,
                        .op = TWO_SIDES,
                        .teardown = give_back,
                        .preemptions = 1},
              LESSONS);
}

static void setup_one_item(void)
{
    make_ring(1);
    items = 1;
}

/* A store that stays in the buffer, a switch before it leaves, and one that
 * is tired of looking: three, before anything has gone wrong. */
void no_order_loses_a_wake_up(void **state)
{
    (void)state;
    EVERY_WAY(.of = "one producer and one consumer",
              .world = {.setup = setup_one_item,
                        .op = TWO_SIDES,
                        .teardown = give_back,
                        .preemptions = 4},
              LESSONS);
}

static void setup_full(void)
{
    make_ring(1);
    put(1);
}

static void put_second(void)
{
    put(2);
}

static void get_first(void)
{
    get(1);
}

void no_order_loses_a_wake_up_for_room(void **state)
{
    (void)state;
    EVERY_WAY(.of = "a producer before a full ring and a consumer",
              .world = {.setup = setup_full,
                        .op = {{"producer", put_second},
                               {"consumer", get_first}},
                        .teardown = give_back,
                        .preemptions = 3},
              LESSONS);
}

static void put_second_and_third(void)
{
    put(2);
    put(3);
}

static void get_all_three(void)
{
    get(1);
    get(2);
    get(3);
}

void no_order_loses_one_of_two_wake_ups(void **state)
{
    (void)state;
    EVERY_WAY(.of = "a producer before a full ring, and a consumer of all",
              .world = {.setup = setup_full,
                        .op = {{"producer", put_second_and_third},
                               {"consumer", get_all_three}},
                        .teardown = give_back,
                        .preemptions = 3,
                        .most = 8000,
                        .most_real = 150},
              LESSONS);
}

static void try_to_produce(void)
{
    for (int n = 1; n <= items; n++) {
        bool there = OF(try_put)(ring, &n);
        interleave_say(there ? "put %d" : "no room for %d", n);
        WAYS_CHECK(there,
                   "there is room for %d items, and none was found for "
                   "item %d.",
                   items, n);
    }
}

static void try_to_consume(void)
{
    int next = 1, got;

    for (int time = 0; time < 3; time++) {
        got = -1;
        if (!OF(try_get)(ring, &got))
            continue;
        interleave_say("got %d", got);
        WAYS_CHECK(got == next, "%d came out of the ring, and %d was next.",
                   got, next);
        next++;
    }
}

static void setup_room_for_two(void)
{
    make_ring(2);
    items = 2;
}

void no_order_confuses_those_that_try(void **state)
{
    (void)state;
    EVERY_WAY(.of = "a producer and a consumer that only try",
              .world = {.setup = setup_room_for_two,
                        .op = {{"producer", try_to_produce},
                               {"consumer", try_to_consume}},
                        .teardown = give_back,
                        .preemptions = 3},
              LESSONS);
}

#define WITHOUT_LOCKS                                                          \
    .otherwise =                                                               \
        "a process that stops in the middle must not stop the other, "         \
        "which has items and room enough: without locks each side "            \
        "writes an index of its own, and waits for nobody"

static void setup_some_of_each(void)
{
    make_ring(2);
    put(1);
}

void who_dies_in_a_put_stops_no_get(void **state)
{
    (void)state;
    EVERY_WAY(.of = "a producer that may be killed and a consumer",
              .world = {.setup = setup_some_of_each,
                        .op = {{"producer", put_second},
                               {"consumer", get_first}},
                        .teardown = give_back,
                        .preemptions = 1,
                        .kills = 1u << 0},
              WITHOUT_LOCKS);
}

void who_dies_in_a_get_stops_no_put(void **state)
{
    (void)state;
    EVERY_WAY(.of = "a producer and a consumer that may be killed",
              .world = {.setup = setup_some_of_each,
                        .op = {{"producer", put_second},
                               {"consumer", get_first}},
                        .teardown = give_back,
                        .preemptions = 1,
                        .kills = 1u << 1},
              WITHOUT_LOCKS);
}
