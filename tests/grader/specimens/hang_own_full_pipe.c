/*
 * Specimen: a process writes more than a pipe holds before it reads.
 * Verdict: hung
 * Saying: Start the reader before writing
 * Within: 0.5
 */
#include <unistd.h>

#include "fact.h"

static void writes_then_reads(void **state)
{
    (void)state;
    static char much[100000];
    int fd[2];
    CHECK_OK(pipe(fd), "a pipe");
    write(fd[1], much, sizeof(much));
    read(fd[0], much, sizeof(much));
    close(fd[0]);
    close(fd[1]);
}

static const struct CMUnitTest facts[] = {
    FACT(writes_then_reads),
};
EXERCISE("specimens/hang_own_full_pipe", "pipe(7)", facts)
