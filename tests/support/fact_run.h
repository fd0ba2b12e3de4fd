/*
 * fact_run.h — what the parts of the support library tell each other.
 */
#ifndef FACT_RUN_H
#define FACT_RUN_H

#include <stdbool.h>
#include <sys/types.h>

#include "check.h"

enum { CHECK_FAILED_STATUS = 97, SANITIZER_STATUS = 86 };

/* A check fails with these words. */
_Noreturn void check_came(struct here, const char *check, int error,
                          const char *expected, const char *came,
                          const char *why, ...) SAYS(6, 7);

/* Who tells where an address is in the code, in a test run by hand; or NULL. */
extern const char *(*fact_where)(const char *binary, unsigned long pc);

/* From here on cmocka's own words are not shown: the grader says it. */
void fact_curtain(void);

/* Is this process one that the test itself forked? */
bool fact_is_helper(void);

/* Note where a process crashes, then let it die of its signal. */
void crash_watch(void);

/* The thread of leftovers's watcher, or 0: not a leak. */
pid_t watch_thread(void);
bool watch_join(void);

/* leftovers_mark and leftovers_check, around the whole fact. */
void leftovers_mark_fact(void);
void leftovers_check_fact(void);

/* What is printed is heard again, when a check fails in between. */
void quiet_lift(void);

/* sea_handler's SIGUSR1 action is part of the test, not a leak. */
void handler_restore(void);

#endif
