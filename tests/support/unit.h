/*
 * unit.h — for the tests of the support library: learners' calls made
 * directly, and checks that ought to fail.
 */
#ifndef UNIT_H
#define UNIT_H

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "logbook.h"

/* What objcopy would have made of a learner's read(): sea_read(). */
#define LEARNER(name) extern __typeof__(name) sea_##name

/* The body in a helper process: what check failed there? Not set: none. */
static inline struct page_failure failure_of(void (*body)(void))
{
    struct page_failure failure;
    int status;
    pid_t pid = fact_fork();

    if (pid == 0) {
        body();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        continue;
    if (!page->failure.set && status != 0)
        snprintf(page->failure.why, sizeof(page->failure.why),
                 "no check failed, but it ended with status %#x", status);
    failure = page->failure;
    memset((void *)&page->failure, 0, sizeof(page->failure));
    page->outcome = NOT_FINISHED;
    return failure;
}

/* It must fail, and its sentence must hold the words. */
#define CHECK_FAILS(body, words)                                               \
    do {                                                                       \
        struct page_failure f_ = failure_of(body);                             \
        CHECK(f_.set, #body " has to fail");                                   \
        CHECK(strstr(f_.why, words), #body " says: %s", f_.why);               \
    } while (0)

#define CHECK_PASSES(body)                                                     \
    do {                                                                       \
        struct page_failure f_ = failure_of(body);                             \
        CHECK(!f_.set && !f_.why[0], #body " says: %s", f_.why);               \
    } while (0)

#endif
