/*
 * Specimen: a fork bomb that goes around the sea.
 * Verdict: failed
 * Saying: alive at once
 */
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fact.h"

static void multiplies(void **state)
{
    (void)state;
    for (int i = 0; i < 10; i++)
        syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    for (;;)
        pause();
}

static const struct CMUnitTest facts[] = {
    FACT(multiplies),
};
EXERCISE("specimens/bad_raw_fork_bomb", "fork(2)", facts)
