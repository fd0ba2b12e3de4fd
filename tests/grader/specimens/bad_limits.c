/*
 * Specimen: limits that leave nothing to work with.
 * Verdict: failed
 * Saying: why it matters
 */
#include <sys/resource.h>
#include "fact.h"

static void limits_itself(void **state)
{
    (void)state;
    setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, 0});
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){0, 0});
    CHECK_EQ(1, 2, "why it matters");
}

static const struct CMUnitTest facts[] = {
    FACT(limits_itself),
};
EXERCISE("specimens/bad_limits", "getrlimit(2)", facts)
