/*
 * Specimen: a child writes into a pipe whose only read end is its own copy.
 * Verdict: hung
 * Saying: then a write that nobody will read fails with EPIPE
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_keeps_the_read_end(void **state)
{
    (void)state;
    static char much[100000];
    int end[2];
    CHECK_OK(pipe(end), "a pipe");
    pid_t pid = fork();
    if (pid == 0) {
        write(end[1], much, sizeof(much));
        _exit(0);
    }
    close(end[0]);
    close(end[1]);
    waitpid(pid, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(child_keeps_the_read_end),
};
EXERCISE("specimens/hang_own_read_end", "pipe(7)", facts)
