/*
 * Specimen: it prints without end.
 * Verdict: failed
 * Saying: does a loop print without end?
 */
#include <stdio.h>
#include "fact.h"

static void never_shuts_up(void **state)
{
    (void)state;
    for (;;)
        puts("and on, and on");
}

static const struct CMUnitTest facts[] = {
    FACT(never_shuts_up),
};
EXERCISE("specimens/bad_output", "printf(3)", facts)
