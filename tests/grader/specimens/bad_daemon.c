/*
 * Specimen: a daemon, in a session of its own, that holds stdout.
 * Verdict: left behind
 * Saying: still running
 * Within: 2
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fact.h"

static void leaves_a_daemon(void **state)
{
    (void)state;
    pid_t pid = fork();

    if (pid == 0) {
        setsid();
        if (fork() == 0)
            execlp("sleep", "sleep", "1000", (char *)NULL);
        _exit(0);
    }
    CHECK_EQ(waitpid(pid, NULL, 0), pid, "the child is waited for");
}

static const struct CMUnitTest facts[] = {
    FACT(leaves_a_daemon),
};
EXERCISE("specimens/bad_daemon", "daemon(3)", facts)
