/*
 * Specimen: a loop without end in a child.
 * Verdict: hung
 * Saying: spins in a loop at hang_loop.c:
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_computes_for_ever(void **state)
{
    (void)state;
    if (fork() == 0) {
        for (volatile unsigned i = 1; i; i |= 1)
            ;
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_computes_for_ever),
};
EXERCISE("specimens/hang_loop", "wait(2)", facts)
