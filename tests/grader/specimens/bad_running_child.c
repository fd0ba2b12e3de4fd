/*
 * Specimen: a child that is still running.
 * Verdict: failed
 * Saying: is still running
 */
#include <unistd.h>
#include "fact.h"

static void leaves_a_child(void **state)
{
    (void)state;
    if (fork() == 0)
        for (;;)
            pause();
}

static const struct CMUnitTest facts[] = {
    FACT(leaves_a_child),
};
EXERCISE("specimens/bad_running_child", "wait(2)", facts)
