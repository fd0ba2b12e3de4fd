/*
 * Specimen: exit(0) in the caller, as if that were a success.
 * Verdict: failed
 * Saying: called exit() in the caller
 */
#include <stdlib.h>
#include "fact.h"

static void is_ended(void **state)
{
    (void)state;
    exit(0);
}

static const struct CMUnitTest facts[] = {
    FACT(is_ended),
};
EXERCISE("specimens/bad_exit", "exit(3)", facts)
