/*
 * fact_injected.c — the sea lets the second pipe fail.
 */
#include <errno.h>
#include <unistd.h>

#include "fact.h"

static void second_pipe_fails(void **state)
{
    int a[2], b[2];

    (void)state;
    sea_fail(SEA_pipe, 2, EMFILE);
    CHECK(pipe(a) == 0, "the first pipe is there");
    CHECK(pipe(b) < 0, "the second is not");
    CHECK(sea_error() == ENFILE, "and so this one fails");
}

static const struct CMUnitTest facts[] = {FACT(second_pipe_fails)};
EXERCISE("stories/fact_injected", "pipe(2)", facts)
