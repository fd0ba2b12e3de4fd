/*
 * Specimen: memory without end.
 * Verdict: failed
 * Saying: more than 1 GiB of memory
 */
#include <stdlib.h>
#include <string.h>
#include "fact.h"

static void eats(void **state)
{
    (void)state;
    for (;;) {
        void *volatile p = malloc(1 << 20);
        if (p)
            memset(p, 1, 1 << 20);
    }
}

static const struct CMUnitTest facts[] = {
    FACT(eats),
};
EXERCISE("specimens/bad_memory", "malloc(3)", facts)
