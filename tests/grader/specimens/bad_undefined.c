/*
 * Specimen: signed integers that overflow.
 * Verdict: crashed
 * Saying: overflow: 2147483647 + 1
 */
#include <limits.h>
#include "fact.h"

static void overflows(void **state)
{
    volatile int most = INT_MAX;

    (void)state;
    most = most + 1;
    CHECK_EQ(most, 0, "it came around");
}

static const struct CMUnitTest facts[] = {
    FACT(overflows),
};
EXERCISE("specimens/bad_undefined", "limits.h(0p)", facts)
