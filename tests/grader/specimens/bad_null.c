/*
 * Specimen: a null pointer, used.
 * Verdict: crashed
 * Saying: bad_null.c
 */
#include <stddef.h>
#include "fact.h"

static void is_pointed_nowhere(void **state)
{
    *(volatile int *)*state = 1;
}

static const struct CMUnitTest facts[] = {
    FACT(is_pointed_nowhere),
};
EXERCISE("specimens/bad_null", "signal(7)", facts)
