/*
 * Specimen: one byte beyond what malloc gave.
 * Verdict: crashed
 * Saying: heap-buffer-overflow
 */
#include <stdlib.h>
#include <string.h>
#include "fact.h"

static void writes_beyond(void **state)
{
    char *volatile p = malloc(8);

    (void)state;
    ((volatile char *)p)[8] = 1;
    free(p);
}

static const struct CMUnitTest facts[] = {
    FACT(writes_beyond),
};
EXERCISE("specimens/bad_heap", "malloc(3)", facts)
