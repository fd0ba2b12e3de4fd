/*
 * Specimen: waitpid for a child that is stopped.
 * Verdict: hung
 * Saying: child 1 is stopped by a signal
 * Within: 0.5
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_stops(void **state)
{
    (void)state;
    if (fork() == 0) {
        raise(SIGSTOP);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_stops),
};
EXERCISE("specimens/hang_stopped_child", "wait(2)", facts)
