/*
 * tally_ways.c — what holds of a tally in every order of its processes.
 *
 * The operations update and do not read: what tally_read sees meanwhile is
 * asked in tally_test.c. Counter 1 is the one; its neighbours stay 0.
 */
#include "tally.h"
#include "ways.h"

static struct tally *tally;

static void make_tally(void)
{
    errno = 0;
    tally = tally_open(3);
    WAYS_CHECK(tally != NULL, "there is memory for three counters.");
}

static void close_tally(void)
{
    tally_close(tally);
}

static void add(long delta)
{
    tally_add(tally, 1, delta);
    interleave_say("added %ld", delta);
}

static void raise_to(long value)
{
    tally_max(tally, 1, value);
    interleave_say("raised to %ld", value);
}

static void add_1(void)
{
    add(1);
}

static void add_10(void)
{
    add(10);
}

static void add_100(void)
{
    add(100);
}

static void add_twice(void)
{
    add(1000);
    add(2000);
}

static void raise_to_100(void)
{
    raise_to(100);
}

static void raise_to_200(void)
{
    raise_to(200);
}

static void raise_to_300(void)
{
    raise_to(300);
}

static void climb(void)
{
    raise_to(100);
    raise_to(250);
}

/* ---- what is left ---------------------------------------------------- */

static void check_neighbours(void)
{
    WAYS_CHECK(tally_read(tally, 0) == 0 && tally_read(tally, 2) == 0,
               "a neighbour of the counter has changed.");
}

static void check_sum(long want)
{
    long sum = tally_read(tally, 1);

    WAYS_CHECK(sum == want, "%ld were added in all, and the counter says %ld.",
               want, sum);
    check_neighbours();
}

static void check_11(void)
{
    check_sum(11);
}

static void check_111(void)
{
    check_sum(111);
}

static void check_3010(void)
{
    check_sum(3010);
}

static void check_highest(void)
{
    long highest = tally_read(tally, 1);

    WAYS_CHECK(highest == 300,
               "300 was the highest of all, and the counter says %ld.",
               highest);
    check_neighbours();
}

/* 10 added and raised to 100, in either order. */
static void check_add_and_raise(void)
{
    long value = tally_read(tally, 1);

    WAYS_CHECK(value == 100 || value == 110,
               "10 was added and the counter was raised to 100: then it says "
               "100 or 110, and not %ld.",
               value);
    check_neighbours();
}

/* … and 1 more added by a third. */
static void check_adds_and_raise(void)
{
    long value = tally_read(tally, 1);

    WAYS_CHECK(value == 100 || value == 101 || value == 110 || value == 111,
               "1 and 10 were added, and the counter was raised to 100: then "
               "it says 100, 101, 110 or 111, and not %ld.",
               value);
    check_neighbours();
}

/* ---- the facts ------------------------------------------------------- */

#define LOCKS                                                                  \
    [INTERLEAVE_DEADLOCK] =                                                    \
        "a process waits for a lock that nobody will give "                    \
        "it: a mutex in shared memory needs "                                  \
        "PTHREAD_PROCESS_SHARED, a semaphore a pshared "                       \
        "of 1, and who is woken looks again. Or do "                           \
        "without a lock: atomic_fetch_add",                                    \
    [INTERLEAVE_MISUSE] = "a mutex in shared memory needs "                    \
                          "PTHREAD_PROCESS_SHARED, a semaphore a pshared of "  \
                          "1. Or do without a lock: atomic_fetch_add",         \
    [INTERLEAVE_RACE] = "plain accesses of one counter by two processes need " \
                        "something that orders them: make the counter "        \
                        "atomic, or let a lock guard it that is taken with "   \
                        "acquire and given back with release"

#define ADDING                                                                 \
    .lesson = {LOCKS},                                                         \
    .otherwise = "between loading the old value and storing the new one, "     \
                 "another process came in: load, add and store in one step, "  \
                 "atomic_fetch_add"

#define RAISING                                                                \
    .lesson = {LOCKS},                                                         \
    .otherwise = "between looking at the old value and writing the new one, "  \
                 "another process came in: look and write in one step, "       \
                 "atomic_compare_exchange, and where it fails, look at the "   \
                 "new value and ask again"

#define WORLD(...)                                                             \
    .world = {                                                                 \
        .setup = make_tally,                                                   \
        .teardown = close_tally,                                               \
        .preemptions = 2,                                                      \
        __VA_ARGS__,                                                           \
    }

void no_order_of_two_loses_an_addition(void **state)
{
    (void)state;
    EVERY_WAY(.of = "two processes that add",
              WORLD(.op = {{"adds 1", add_1}, {"adds 10", add_10}},
                    .check = check_11),
              ADDING);
    EVERY_WAY(.of = "two processes, one of which adds twice",
              WORLD(.op = {{"adds twice", add_twice}, {"adds 10", add_10}},
                    .check = check_3010),
              ADDING);
}

void no_order_of_three_loses_an_addition(void **state)
{
    (void)state;
    EVERY_WAY(.of = "three processes that add",
              WORLD(.op = {{"adds 1", add_1},
                           {"adds 10", add_10},
                           {"adds 100", add_100}},
                    .check = check_111),
              ADDING);
}

void no_order_of_two_lowers_a_maximum(void **state)
{
    (void)state;
    EVERY_WAY(.of = "two processes that raise",
              WORLD(.op = {{"raises to 100", raise_to_100},
                           {"raises to 300", raise_to_300}},
                    .check = check_highest),
              RAISING);
    EVERY_WAY(.of = "two processes, one of which raises twice",
              WORLD(.op = {{"raises twice", climb},
                           {"raises to 300", raise_to_300}},
                    .check = check_highest),
              RAISING);
}

void no_order_of_three_lowers_a_maximum(void **state)
{
    (void)state;
    EVERY_WAY(.of = "three processes that raise",
              WORLD(.op = {{"raises to 100", raise_to_100},
                           {"raises to 200", raise_to_200},
                           {"raises to 300", raise_to_300}},
                    .check = check_highest),
              RAISING);
}

void no_order_confuses_adding_and_raising(void **state)
{
    (void)state;
    EVERY_WAY(.of = "a process that adds and one that raises",
              WORLD(.op = {{"adds 10", add_10},
                           {"raises to 100", raise_to_100}},
                    .check = check_add_and_raise),
              RAISING);
    EVERY_WAY(.of = "two processes that add and one that raises",
              WORLD(.op = {{"adds 1", add_1},
                           {"adds 10", add_10},
                           {"raises to 100", raise_to_100}},
                    .check = check_adds_and_raise),
              RAISING);
}
