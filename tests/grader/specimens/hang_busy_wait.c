/*
 * Specimen: waitpid with WNOHANG in a loop without end.
 * Verdict: hung
 * Saying: Wait in a call that sleeps
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void parent_asks_again_and_again(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    while (waitpid(pid, NULL, WNOHANG) == 0)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(parent_asks_again_and_again),
};
EXERCISE("specimens/hang_busy_wait", "wait(2)", facts)
