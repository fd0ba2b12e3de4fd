/*
 * Specimen: the parent waits for a child that waits for the parent's signal.
 * Verdict: hung
 * Saying: for a signal that nobody is left to send
 * Within: 0.5
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_waits_for_a_signal(void **state)
{
    (void)state;
    sigset_t usr1;
    int sig;
    sigemptyset(&usr1);
    sigaddset(&usr1, SIGUSR1);
    if (fork() == 0) {
        sigprocmask(SIG_BLOCK, &usr1, NULL);
        sigwait(&usr1, &sig);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_a_signal),
};
EXERCISE("specimens/hang_wait_for_each_other", "sigwait(3)", facts)
