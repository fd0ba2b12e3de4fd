/*
 * Specimen: a child fills a pipe that nobody reads.
 * Verdict: hung
 * Saying: is full and nobody reads from it
 * Within: 0.5
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_writes_much(void **state)
{
    (void)state;
    int fd[2];
    sigset_t none;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        static char much[100000];
        close(fd[0]);
        write(fd[1], much, sizeof(much));
        _exit(0);
    }
    close(fd[1]);
    sigemptyset(&none);
    sigsuspend(&none);
}

static const struct CMUnitTest facts[] = {
    FACT(child_writes_much),
};
EXERCISE("specimens/hang_full_pipe", "pipe(7)", facts)
