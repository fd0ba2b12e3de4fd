/*
 * Specimen: a recursion without end.
 * Verdict: crashed
 * Saying: crashed with SIGSEGV
 */
#include <string.h>
#include "fact.h"

static int deeper(volatile int n)
{
    volatile char room[4096];

    room[n % 4096] = (char)n;
    return n < 0 ? 0 : deeper(n + 1) + room[n % 4096];
}

static void goes_down(void **state)
{
    (void)state;
    CHECK_EQ(deeper(0), 0, "there is a bottom");
}

static const struct CMUnitTest facts[] = {
    FACT(goes_down),
};
EXERCISE("specimens/bad_stack", "getrlimit(2)", facts)
