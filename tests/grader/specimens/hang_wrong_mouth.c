/*
 * Specimen: reads one pipe to its end, while the child fills another one.
 * Verdict: hung
 * Saying: wait for both with poll
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void out_before_err(void **state)
{
    (void)state;
    static char much[100000];
    int out[2], err[2];
    CHECK_OK(pipe(out), "a pipe");
    CHECK_OK(pipe(err), "another");
    if (fork() == 0) {
        close(out[0]);
        close(err[0]);
        write(err[1], much, sizeof(much));
        write(out[1], much, sizeof(much));
        _exit(0);
    }
    close(out[1]);
    close(err[1]);
    while (read(out[0], much, sizeof(much)) > 0)
        ;
    while (read(err[0], much, sizeof(much)) > 0)
        ;
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(out_before_err),
};
EXERCISE("specimens/hang_wrong_mouth", "poll(2)", facts)
