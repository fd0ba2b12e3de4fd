/*
 * Specimen: a sleep instead of a wait.
 * Verdict: hung
 * Saying: Wait for the event itself
 * Within: 0.5
 */
#include <unistd.h>

#include "fact.h"

static void sleeps_long(void **state)
{
    (void)state;
    sleep(1000);
}

static const struct CMUnitTest facts[] = {
    FACT(sleeps_long),
};
EXERCISE("specimens/hang_sleep", "sleep(3)", facts)
