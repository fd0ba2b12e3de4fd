/*
 * fact_leak.c — one end of a pipe stays open.
 */
#include <unistd.h>

#include "fact.h"

static void leaves_an_end(void **state)
{
    int p[2];

    (void)state;
    CHECK(pipe(p) == 0, "a pipe");
    close(p[0]);
}

static const struct CMUnitTest facts[] = {FACT(leaves_an_end)};
EXERCISE("stories/fact_leak", "pipe(2)", facts)
