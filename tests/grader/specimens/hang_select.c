/*
 * Specimen: select on a pipe that a pausing child keeps open.
 * Verdict: hung
 * Saying: waits for a signal that nobody is left to send
 * Within: 0.5
 */
#include <sys/select.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_says_nothing(void **state)
{
    (void)state;
    int fd[2];
    fd_set set;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        close(fd[0]);
        pause();
        _exit(0);
    }
    close(fd[1]);
    FD_ZERO(&set);
    FD_SET(fd[0], &set);
    select(fd[0] + 1, &set, NULL, NULL, NULL);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_says_nothing),
};
EXERCISE("specimens/hang_select", "select(2)", facts)
