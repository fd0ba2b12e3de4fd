/*
 * Specimen: the write end left open in the parent, which waits for the reader.
 * Verdict: hung
 * Saying: still holds its write end
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_reads_to_the_end(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        close(fd[1]);
        while (read(fd[0], &c, 1) > 0)
            ;
        _exit(0);
    }
    close(fd[0]);
    write(fd[1], "x", 1);
    wait(NULL);
    close(fd[1]);
}

static const struct CMUnitTest facts[] = {
    FACT(child_reads_to_the_end),
};
EXERCISE("specimens/hang_parents_write_end", "pipe(7)", facts)
