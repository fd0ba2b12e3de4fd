/*
 * Specimen: kill(-1, SIGKILL): what a failed fork leads to.
 * Verdict: failed
 * Saying: every process you own
 */
#include <signal.h>
#include "fact.h"

static void would_end_the_editor(void **state)
{
    (void)state;
    kill(-1, SIGKILL);
}

static const struct CMUnitTest facts[] = {
    FACT(would_end_the_editor),
};
EXERCISE("specimens/bad_kill_everybody", "kill(2)", facts)
