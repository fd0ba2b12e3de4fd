/*
 * Specimen: writes on and on although nobody reads any more.
 * Verdict: hung
 * Saying: nobody reads any more, and nobody ever will
 */
#include <signal.h>
#include <unistd.h>

#include "fact.h"

static void tries_again_after_epipe(void **state)
{
    (void)state;
    int end[2];
    signal(SIGPIPE, SIG_IGN);
    CHECK_OK(pipe(end), "a pipe");
    close(end[0]);
    while (write(end[1], "x", 1) != 1)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(tries_again_after_epipe),
};
EXERCISE("specimens/hang_broken_pipe_loop", "pipe(7)", facts)
