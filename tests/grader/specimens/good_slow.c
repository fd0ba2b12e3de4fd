/*
 * Specimen: it computes for a second: slow, but right.
 * Verdict: passed
 */
#include <time.h>
#include "fact.h"

static void computes(void **state)
{
    volatile unsigned long sum = 0;

    (void)state;
    while (clock() < CLOCKS_PER_SEC)
        sum += 1;
    CHECK(sum > 0, "it did something");
}

static const struct CMUnitTest facts[] = {
    FACT(computes),
};
EXERCISE("specimens/good_slow", "clock(3)", facts)
