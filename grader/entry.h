/*
 * entry.h — the report as a flat list, for formats that know only tests.
 *
 * An entry is a test; or a whole exercise, where its tests did not run, so
 * that a file that does not compile cannot vanish from a list.
 */
#ifndef ENTRY_H
#define ENTRY_H

#include "result.h"

struct entry {
    const struct exercise_result *exercise;
    const char *name; /* the test's; "compiles", "is there", "runs" */
    enum verdict verdict;
    const char *headline, *message, *output;
    double seconds;
    struct points points; /* 0 of 0 where it counts neither way */
};

/* How many entries an exercise has, at least 1, and its nth. */
size_t entry_count(const struct exercise_result *);
struct entry entry_at(const struct exercise_result *, size_t n);

/* The verdict of test n as reports give it: a test of a file that did not
 * compile did not compile, one that met the skeleton is not started. */
enum verdict entry_verdict(const struct exercise_result *, size_t n);
struct points entry_points(const struct exercise_result *, size_t n);

#endif
