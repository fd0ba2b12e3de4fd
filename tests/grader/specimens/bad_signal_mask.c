/*
 * Specimen: the caller's signal mask is changed.
 * Verdict: failed
 * Saying: signal mask has changed
 */
#include <signal.h>
#include "fact.h"

static void blocks_a_signal(void **state)
{
    (void)state;
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(blocks_a_signal),
};
EXERCISE("specimens/bad_signal_mask", "sigprocmask(2)", facts)
