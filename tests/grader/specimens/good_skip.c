/*
 * Specimen: it says why it cannot be done here.
 * Verdict: skipped
 * Saying: there is no moon tonight
 */
#include <stddef.h>
#include "fact.h"

static void needs_the_moon(void **state)
{
    (void)state;
    SKIP_TEST("there is no moon tonight");
}

static const struct CMUnitTest facts[] = {
    FACT(needs_the_moon),
};
EXERCISE("specimens/good_skip", "moon(6)", facts)
