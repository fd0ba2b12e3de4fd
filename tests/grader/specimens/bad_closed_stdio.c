/*
 * Specimen: everything is closed, and still it is told what failed.
 * Verdict: failed
 * Saying: why it matters
 */
#include <unistd.h>
#include "fact.h"

static void closes_everything(void **state)
{
    (void)state;
    for (int fd = 0; fd < 1024; fd++)
        close(fd);
    CHECK_EQ(1, 2, "why it matters");
}

static const struct CMUnitTest facts[] = {
    FACT(closes_everything),
};
EXERCISE("specimens/bad_closed_stdio", "close(2)", facts)
