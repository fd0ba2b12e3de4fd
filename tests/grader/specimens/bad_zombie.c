/*
 * Specimen: a child that nobody waits for.
 * Verdict: failed
 * Saying: reaps it with waitpid
 */
#include <unistd.h>
#include <sys/wait.h>
#include "fact.h"

static void leaves_a_zombie(void **state)
{
    (void)state;
    siginfo_t info;
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    CHECK_OK(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT),
             "the child ends");
}

static const struct CMUnitTest facts[] = {
    FACT(leaves_a_zombie),
};
EXERCISE("specimens/bad_zombie", "wait(2)", facts)
