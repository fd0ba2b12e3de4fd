/*
 * Specimen: poll for the end of a pipe whose write end the process still has.
 * Verdict: hung
 * Saying: before waiting
 * Within: 0.5
 */
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void polls_to_the_end(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0)
        _exit(0);
    wait(NULL);
    struct pollfd p = {.fd = fd[0], .events = POLLIN};
    poll(&p, 1, -1);
    read(fd[0], &c, 1);
    close(fd[0]);
    close(fd[1]);
}

static const struct CMUnitTest facts[] = {
    FACT(polls_to_the_end),
};
EXERCISE("specimens/hang_poll_own_pipe", "poll(2)", facts)
