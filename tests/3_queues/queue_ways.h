/*
 * queue_ways.h — worlds of producers and consumers, for queue and lifeboat.
 *
 * queue_ways.c and lifeboat_ways.c say whose functions these are about, as
 * their tests do (queue_facts.h). Each world is tried in every order up to
 * its bound of preemptions.
 */
#ifndef QUEUE_WAYS_H
#define QUEUE_WAYS_H

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ways.h"

enum { MOST = 4 };

static queue_type *boat;
static size_t capacity;
static int before; /* items 1 … are in it when the others begin */

/* What each operation got, and what became of its last call. */
static struct seen {
    int got[INTERLEAVE_OPS][MOST], count[INTERLEAVE_OPS];
    int error[INTERLEAVE_OPS];
    bool put[8]; /* item i: put has returned 0 */
} * seen;

static void setup(void)
{
    errno = 0;
    boat = EXERCISE_OF(create)(capacity, sizeof(int));
    WAYS_CHECK(boat != NULL, "there is memory for %zu small items", capacity);
    seen = interleave_shared(sizeof(*seen));
    for (int item = 1; item <= before; item++)
        seen->put[item] = EXERCISE_OF(put)(boat, &item, -1) == 0;
}

static void teardown(void)
{
    EXERCISE_OF(destroy)(boat);
}

static int put_one(int item, int timeout_ms)
{
    errno = 0;
    int result = EXERCISE_OF(put)(boat, &item, timeout_ms);
    int error = result == 0 ? 0 : errno;
    seen->error[interleave_self()] = error;
    seen->put[item] = result == 0;
    interleave_say(result == 0 ? "put %d" : "could not put %d", item);
    errno = error;
    return result;
}

static int get_one(int timeout_ms)
{
    int me = interleave_self(), item = -1;

    errno = 0;
    int result = EXERCISE_OF(get)(boat, &item, timeout_ms);
    int error = result == 0 ? 0 : errno;
    seen->error[me] = error;
    if (result == 0) {
        WAYS_CHECK(seen->count[me] < MOST, "it got more than was put");
        seen->got[me][seen->count[me]++] = item;
    }
    if (result == 0)
        interleave_say("got %d", item);
    else
        interleave_say("got nothing");
    errno = error;
    return result;
}

/* How often this item was got, by all. */
static int times_got(int item)
{
    int times = 0;

    for (int op = 0; op < INTERLEAVE_OPS; op++)
        for (int i = 0; i < seen->count[op]; i++)
            times += seen->got[op][i] == item;
    return times;
}

static void check_got_once(int item)
{
    WAYS_CHECK(times_got(item) == 1,
               "item %d was put once and got %d times. Looking and taking are "
               "one step, under one lock",
               item, times_got(item));
}

static void puts_one_and_two(void)
{
    WAYS_CHECK(put_one(1, -1) == 0, "a put that may wait for ever failed");
    WAYS_CHECK(put_one(2, -1) == 0, "a put that may wait for ever failed");
}

static void puts_one(void)
{
    WAYS_CHECK(put_one(1, -1) == 0, "a put that may wait for ever failed");
}

static void puts_two(void)
{
    WAYS_CHECK(put_one(2, -1) == 0, "a put that may wait for ever failed");
}

static void gets_once(void)
{
    WAYS_CHECK(get_one(-1) == 0, "a get that may wait for ever failed");
}

static void gets_twice(void)
{
    gets_once();
    gets_once();
}

static void both_got_once(void)
{
    check_got_once(1);
    check_got_once(2);
    WAYS_CHECK(EXERCISE_OF(length)(boat) == 0, "all was got, and the length "
                                               "is not 0");
}

static void every_order(const char *of, const char *who_waits,
                        const char *otherwise, struct interleave world)
{
    world.setup = setup;
    world.teardown = teardown;
    world.most = 20000;
    world.most_real = 150; /* who sleeps in poll or fcntl takes long */
    EVERY_WAY(.of = of, .world = world,
              .lesson =
                  {
                      [INTERLEAVE_DEADLOCK] = who_waits,
                      [INTERLEAVE_RACE] =
                          "touch what is shared under the lock only, or order "
                          "it with release and acquire",
                      [INTERLEAVE_SPINS] = "sleep until somebody wakes you",
                  },
              .otherwise = otherwise);
}

static const char LOST_WAKE_UP[] =
    "what it waits for has happened, and the wake-up went to nobody, or to "
    "somebody who had no use for it: wake at every put and every get, those "
    "who wait for exactly that, and look again after waking (while, not if)";
static const char ONE_LOCK[] =
    "one lock has to be held from the look to the change, and given back on "
    "every way out";

void no_order_of_one_and_two_loses_an_item(void **state)
{
    (void)state;
    capacity = 1;
    every_order("one producer and two consumers", LOST_WAKE_UP, ONE_LOCK,
                (struct interleave){.op = {{"producer", puts_one_and_two},
                                           {"consumer 1", gets_once},
                                           {"consumer 2", gets_once}},
                                    .check = both_got_once,
                                    .preemptions = ONE_AND_TWO});
}

void no_order_of_two_and_one_loses_an_item(void **state)
{
    (void)state;
    capacity = 1;
    every_order("two producers and one consumer", LOST_WAKE_UP, ONE_LOCK,
                (struct interleave){.op = {{"producer 1", puts_one},
                                           {"producer 2", puts_two},
                                           {"consumer", gets_twice}},
                                    .check = both_got_once,
                                    .preemptions = ONE_AND_TWO});
}

void no_order_loses_a_signal(void **state)
{
    (void)state;
    capacity = 2;
    every_order("one producer, two consumers, and room for both items",
                LOST_WAKE_UP, ONE_LOCK,
                (struct interleave){.op = {{"producer", puts_one_and_two},
                                           {"consumer 1", gets_once},
                                           {"consumer 2", gets_once}},
                                    .check = both_got_once,
                                    .preemptions = 1});
}

/* ---- closing against waiting -------------------------------------------- */

static void gets_to_the_end(void)
{
    while (get_one(-1) == 0)
        ;
    WAYS_CHECK(errno == EPIPE, "the end is EPIPE");
}

static void puts_perhaps(void)
{
    put_one(1, -1);
    if (put_one(2, -1) != 0)
        WAYS_CHECK(errno == EPIPE, "the end is EPIPE");
}

static void closes(void)
{
    EXERCISE_OF(close)(boat);
    interleave_say("closed");
}

static void got_what_was_put(void)
{
    for (int item = 1; item <= 2; item++)
        WAYS_CHECK(times_got(item) == seen->put[item],
                   "item %d was %s, and was got %d times", item,
                   seen->put[item] ? "put" : "refused", times_got(item));
}

void closing_ends_every_wait_in_every_order(void **state)
{
    (void)state;
    capacity = 1;
    every_order("a producer, a consumer, and one who closes", LOST_WAKE_UP,
                ONE_LOCK,
                (struct interleave){.op = {{"producer", puts_perhaps},
                                           {"consumer", gets_to_the_end},
                                           {"closer", closes}},
                                    .check = got_what_was_put,
                                    .preemptions = 1});
}

/* ---- time-outs ---------------------------------------------------------- */

static void gets_in_time(void)
{
    if (get_one(5) != 0)
        WAYS_CHECK(errno == ETIMEDOUT || errno == EPIPE,
                   "nothing in time is ETIMEDOUT, the end is EPIPE");
}

static void puts_and_closes(void)
{
    puts_one();
    EXERCISE_OF(close)(boat);
}

static void one_was_got(void)
{
    int left = (int)EXERCISE_OF(length)(boat);

    WAYS_CHECK(times_got(1) + left == 1,
               "one was put, and it was got %d times, and %d are left",
               times_got(1), left);
}

void no_order_with_a_timeout_loses_an_item(void **state)
{
    (void)state;
    capacity = 1;
    every_order("a producer and two consumers, one of them in a hurry",
                LOST_WAKE_UP, ONE_LOCK,
                (struct interleave){.op = {{"producer", puts_and_closes},
                                           {"in a hurry", gets_in_time},
                                           {"patient", gets_to_the_end}},
                                    .check = one_was_got,
                                    .preemptions = 1});
}

/* ---- looking on, and leaving -------------------------------------------- */

static void counts(void)
{
    size_t n = EXERCISE_OF(length)(boat);

    WAYS_CHECK(n <= 1, "it holds one item, and the length is %zu", n);
    interleave_say("length %zu", n);
}

void the_length_may_be_asked_at_any_time(void **state)
{
    (void)state;
    capacity = 1;
    every_order("a producer, a consumer, and one who asks for the length",
                LOST_WAKE_UP,
                "the length is shared, too: read it under the lock, or let it "
                "be atomic",
                (struct interleave){.op = {{"producer", puts_one},
                                           {"consumer", gets_once},
                                           {"asks", counts}},
                                    .preemptions = 1});
}

static void leaves(void)
{
    EXERCISE_OF(destroy)(boat);
}

void who_leaves_takes_nothing_along(void **state)
{
    (void)state;
    capacity = 1;
    every_order("one who destroys it for himself, a producer and a consumer",
                LOST_WAKE_UP,
                "the others still use it: give back your mapping, and destroy "
                "nothing that is in it",
                (struct interleave){.op = {{"leaves", leaves},
                                           {"producer", puts_one},
                                           {"consumer", gets_once}},
                                    .preemptions = 0});
}

#endif
