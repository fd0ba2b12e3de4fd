/*
 * Specimen: the write end left open in the reader itself.
 * Verdict: hung
 * Saying: an end-of-file that only it could send
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void reads_to_the_end(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(pipe(fd), "a pipe");
    if (fork() == 0) {
        write(fd[1], "x", 1);
        _exit(0);
    }
    while (read(fd[0], &c, 1) > 0)
        ;
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(reads_to_the_end),
};
EXERCISE("specimens/hang_own_write_end", "pipe(7)", facts)
