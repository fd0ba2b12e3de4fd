/*
 * Specimen: a program that writes has inherited the read end of its output.
 * Verdict: hung
 * Saying: yet it gets no SIGPIPE: it inherited the read end
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void yes_reads_from_nobody(void **state)
{
    (void)state;
    int fd[2];
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        dup2(fd[1], 1);
        close(fd[1]);
        execvp("yes", (char *[]){"yes", NULL});
        _exit(127);
    }
    close(fd[0]);
    close(fd[1]);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(yes_reads_from_nobody),
};
EXERCISE("specimens/hang_program_own_read_end", "pipe(7)", facts)
