/*
 * Specimen: a child keeps its copy of the write end, and so does its parent.
 * Verdict: hung
 * Saying: and the parent has one, too (fd
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void nobody_closes(void **state)
{
    (void)state;
    char byte;
    int end[2];
    CHECK_OK(pipe(end), "a pipe");
    if (fork() == 0) {
        while (read(end[0], &byte, 1) > 0)
            ;
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_closes),
};
EXERCISE("specimens/hang_two_write_ends", "pipe(7)", facts)
