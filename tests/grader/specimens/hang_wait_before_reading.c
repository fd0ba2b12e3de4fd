/*
 * Specimen: the parent waits for the child before it reads.
 * Verdict: hung
 * Saying: Read to the end first
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_writes_much(void **state)
{
    (void)state;
    static char much[100000];
    int fd[2];
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        close(fd[0]);
        write(fd[1], much, sizeof(much));
        _exit(0);
    }
    close(fd[1]);
    wait(NULL);
    while (read(fd[0], much, sizeof(much)) > 0)
        ;
    close(fd[0]);
}

static const struct CMUnitTest facts[] = {
    FACT(child_writes_much),
};
EXERCISE("specimens/hang_wait_before_reading", "pipe(7)", facts)
