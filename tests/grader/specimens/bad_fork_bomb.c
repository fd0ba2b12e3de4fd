/*
 * Specimen: every child forks, without end.
 * Verdict: failed
 * Saying: processes were alive at once
 */
#include <unistd.h>
#include "fact.h"

static void multiplies(void **state)
{
    (void)state;
    for (;;)
        fork();
}

static const struct CMUnitTest facts[] = {
    FACT(multiplies),
};
EXERCISE("specimens/bad_fork_bomb", "fork(2)", facts)
