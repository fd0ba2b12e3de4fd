/*
 * Specimen: the write end left open in a sibling that does not write.
 * Verdict: hung
 * Saying: in child 2 right after the fork
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void first_child_reads_to_the_end(void **state)
{
    (void)state;
    int a[2], b[2];
    char c;
    CHECK_OK(pipe(a), "a pipe");
    CHECK_OK(pipe(b), "another");
    if (fork() == 0) { /* reads a, holds b until a ends */
        close(a[1]);
        close(b[0]);
        while (read(a[0], &c, 1) > 0)
            ;
        _exit(0);
    }
    if (fork() == 0) { /* reads b, and has forgotten a */
        close(b[1]);
        while (read(b[0], &c, 1) > 0)
            ;
        _exit(0);
    }
    close(a[0]);
    close(a[1]);
    close(b[0]);
    close(b[1]);
    while (wait(NULL) > 0)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(first_child_reads_to_the_end),
};
EXERCISE("specimens/hang_siblings_write_end", "pipe(7)", facts)
