/*
 * Specimen: a null pointer given to the C library.
 * Verdict: crashed
 * Saying: bad_null_in_libc.c
 */
#include <stdio.h>
#include <string.h>
#include "fact.h"

static size_t length(const char *volatile text)
{
    return strlen(text) + 1;
}

static void is_pointed_nowhere(void **state)
{
    CHECK_EQ(length(*state), 1, "nothing is there");
}

static const struct CMUnitTest facts[] = {
    FACT(is_pointed_nowhere),
};
EXERCISE("specimens/bad_null_in_libc", "strlen(3)", facts)
