/*
 * Specimen: in a pipeline of programs, a later one inherits a write end.
 * Verdict: hung
 * Saying: child 3 (cat) inherited the write end
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void the_third_holds_the_first_pipe(void **state)
{
    (void)state;
    int a[2], b[2];
    CHECK_OK(pipe(a), "a pipe");
    if (fork() == 0)
        _exit(0); /* writes nothing */
    CHECK_OK(pipe(b), "another");
    if (fork() == 0) {
        dup2(a[0], 0);
        dup2(b[1], 1);
        close(a[0]);
        close(a[1]);
        close(b[0]);
        close(b[1]);
        execlp("cat", "cat", (char *)NULL);
        _exit(127);
    }
    close(a[0]);
    close(b[1]);
    if (fork() == 0) { /* and has forgotten a[1] */
        dup2(b[0], 0);
        close(b[0]);
        execlp("cat", "cat", (char *)NULL);
        _exit(127);
    }
    close(a[1]);
    close(b[0]);
    while (wait(NULL) > 0)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(the_third_holds_the_first_pipe),
};
EXERCISE("specimens/hang_program_later_stage", "pipe(7)", facts)
