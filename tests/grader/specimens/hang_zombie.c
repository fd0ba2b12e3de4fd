/*
 * Specimen: a child nobody collects, beside a hang.
 * Verdict: hung
 * Saying: waits to be collected (zombie)
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void forgets_the_first_child(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0)
        _exit(0);
    if (fork() == 0) {
        close(fd[1]);
        read(fd[0], &c, 1);
        _exit(0);
    }
    read(fd[0], &c, 1);
}

static const struct CMUnitTest facts[] = {
    FACT(forgets_the_first_child),
};
EXERCISE("specimens/hang_zombie", "pipe(7)", facts)
