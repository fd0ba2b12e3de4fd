/*
 * Specimen: _exit(0) in the caller.
 * Verdict: failed
 * Saying: ended the caller's own process
 */
#include <unistd.h>
#include "fact.h"

static void is_ended(void **state)
{
    (void)state;
    _exit(0);
}

static const struct CMUnitTest facts[] = {
    FACT(is_ended),
};
EXERCISE("specimens/bad__exit", "_exit(2)", facts)
