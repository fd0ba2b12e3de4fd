/*
 * one_is_lost.c — a counter that two processes add to.
 *
 * Picture: schedule
 */
#include "interleave.h"

static int *counter;

static void setup(void)
{
    counter = interleave_shared(sizeof(*counter));
}

static void add_one(void)
{
    *counter += 1;
}

static void check(void)
{
    INTERLEAVE_CHECK(*counter == 2, "two have added 1, and it is %d", *counter);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"A", add_one}, {"B", add_one}},
    .check = check,
    .preemptions = 2,
};
