/*
 * Specimen: kill(0, SIGKILL): the caller's whole group.
 * Verdict: crashed
 * Saying: whole process group
 */
#include <signal.h>
#include "fact.h"

static void ends_itself(void **state)
{
    (void)state;
    kill(0, SIGKILL);
}

static const struct CMUnitTest facts[] = {
    FACT(ends_itself),
};
EXERCISE("specimens/bad_kill_group", "kill(2)", facts)
