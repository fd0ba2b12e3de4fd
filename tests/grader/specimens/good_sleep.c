/*
 * Specimen: it sleeps for a while: that is no hang.
 * Verdict: passed
 */
#include <time.h>
#include "fact.h"

static void takes_a_nap(void **state)
{
    (void)state;
    nanosleep(&(struct timespec){.tv_nsec = 700000000}, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(takes_a_nap),
};
EXERCISE("specimens/good_sleep", "nanosleep(2)", facts)
