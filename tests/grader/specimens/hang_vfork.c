/*
 * Specimen: a vfork child that neither becomes a program nor ends.
 * Verdict: hung
 * Saying: for a signal that nobody is left to send
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_pauses(void **state)
{
    (void)state;
    if (vfork() == 0) {
        pause();
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_pauses),
};
EXERCISE("specimens/hang_vfork", "vfork(2)", facts)
