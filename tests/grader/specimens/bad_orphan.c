/*
 * Specimen: a grandchild that ignores SIGTERM is left behind.
 * Verdict: left behind
 * Saying: still running
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fact.h"

static void leaves_somebody(void **state)
{
    (void)state;
    pid_t pid = fork();

    if (pid == 0) {
        signal(SIGTERM, SIG_IGN);
        if (fork() == 0)
            for (;;)
                pause();
        _exit(0);
    }
    CHECK_EQ(waitpid(pid, NULL, 0), pid, "the child is waited for");
}

static const struct CMUnitTest facts[] = {
    FACT(leaves_somebody),
};
EXERCISE("specimens/bad_orphan", "daemon(3)", facts)
