/*
 * errand.h — many tests at once, each under a keeper of its own.
 */
#ifndef ERRAND_H
#define ERRAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "result.h"

struct telling;

/* One test to run, and the keeper that does it. */
struct errand {
    const char *binary, *fact;
    const struct telling *telling; /* who wants its story, or NULL */
    struct test_result result;
    pid_t keeper;
    int fd;
    bool done;
};

/* Run them all, as many at a time as there are cores. After ^C everything is
 * ended and removed, and the grader ends as the signal would have it. */
void run_errands(struct errand *, size_t count, const char *folder);

/* Turn a result into the grader's fault. */
void fault(struct test_result *, const char *why);

#endif
