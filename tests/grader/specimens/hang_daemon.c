/*
 * Specimen: a daemon of its own session that the waiter's pipe depends on.
 * Verdict: hung
 * Saying: waits for data or the end of pipe A
 * Within: 0.5
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void daemon_keeps_the_pipe(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        setsid();
        if (fork() == 0) {
            signal(SIGTERM, SIG_IGN);
            close(fd[0]);
            for (;;)
                pause();
        }
        _exit(0);
    }
    close(fd[1]);
    wait(NULL);
    read(fd[0], &c, 1);
}

static const struct CMUnitTest facts[] = {
    FACT(daemon_keeps_the_pipe),
};
EXERCISE("specimens/hang_daemon", "daemon(7)", facts)
