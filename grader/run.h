/*
 * run.h — running tests, each under a keeper of its own.
 */
#ifndef RUN_H
#define RUN_H

#include "result.h"

/*
 * Fill in an exercise from its test binary: build log, list of tests, and
 * every test's result. `folder` is where private folders may be made. Many
 * exercises may be run at once; run_all works on all cores.
 */
struct job {
    struct exercise_result *exercise;
    const char *binary; /* absolute path; the logs stand beside it */
    const char *only;   /* the one test to run, or NULL */
};
void run_all(struct job *, size_t count, const char *folder);

/* The exercise did not compile: its log, and the compiler's first error. */
bool read_build(struct exercise_result *, const char *binary);

#endif
