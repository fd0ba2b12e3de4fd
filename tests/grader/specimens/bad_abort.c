/*
 * Specimen: abort in the caller.
 * Verdict: crashed
 * Saying: crashed with SIGABRT at bad_abort.c
 */
#include <stdlib.h>
#include "fact.h"

static void is_aborted(void **state)
{
    (void)state;
    abort();
}

static const struct CMUnitTest facts[] = {
    FACT(is_aborted),
};
EXERCISE("specimens/bad_abort", "abort(3)", facts)
