/*
 * leftovers.h — what a call leaves behind, and how it waits.
 *
 * Every fact begins with leftovers_mark and ends with leftovers_check, without
 * saying so; sea_every does the same around each run. They are for tests
 * that want to look in between.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>
#include <sys/types.h>

/* Remember descriptors, children, threads, the learner's memory and
 * mappings, names, SysV ids, signal mask and dispositions, timers. */
void leftovers_mark(void);

/* Fail with the sentence that fits if anything of this is not as it was. */
void leftovers_check(void);

/*
 * Watch how the calling thread waits. From its start, a thread of the test
 * (all signals blocked) holds back the event the learner's call is waiting
 * for, until the caller is seen asleep for good, or has made 100 calls for
 * nothing, or has burnt 0.3 s of CPU time, since it last moved a byte. Then
 * it calls then(arg), which lets the event happen: write to a pipe, kill a
 * process. No clock decides.
 *
 *     watch_begin(release, &gate);
 *     CHECK_OK(wait_deadline(child, -1, 0, &status), "…");
 *     watch_end("wait in a call that sleeps until the child ends");
 *
 * watch_end fails, with that advice, if the caller was busy.
 */
void watch_begin(void (*then)(void *), void *arg);
void watch_end(const char *advice);

/*
 * As watch_begin, but interrupt: sends the caller `times` SIGUSR1 (see
 * sea_handler), each only when it is asleep again, then calls then(arg). The
 * end is awaited with nudge_end.
 */
void nudge_begin(int times, void (*then)(void *), void *arg);
void nudge_end(void);

/*
 * For a call with a deadline: a storm, a signal every 2 ms (SIGUSR1, see
 * sea_handler, and SIGCHLD), far longer than the deadline that is on test.
 * When it is over and the call has not returned, too_late() lets it return:
 * it did not keep its deadline, and storm_end says true. Without signals it
 * is just that: a generous clock.
 */
void storm_begin(bool signals, void (*too_late)(void));
bool storm_end(void);

/* Is the process asleep in a system call, without a busy loop around it? */
bool asleep(pid_t);

/* Is the process gone, a zombie, or certain to die (SIGKILL pending)? */
bool gone(pid_t);

/* R S D Z T as /proc has it; X when the process is not there. */
char state_of(pid_t);

/* Wait for somebody else's death, which is certain. */
void until_dead(pid_t);

/*
 * A millisecond, and some microseconds, between two looks at what another
 * process does. They make nothing happen: a test looks until it sees.
 */
void moment(void);
void blink(void);

/* Everything written to descriptors 1 and 2 between the two calls fails. */
void quiet_begin(void);
void quiet_end(void);

#endif
