/*
 * sea.h — the sea between the islands: the learner's system calls.
 *
 * The learner's object file calls sea_read where its source says read
 * (objcopy --redefine-syms; tests and libraries are not redirected). The sea
 * counts every call, writes it in the logbook, and passes it on. It is calm
 * unless a test makes it rough. It does nothing the kernel itself could not
 * do at that moment: legal.h holds the table.
 *
 * Counting starts anew with sea_calm(). Processes are named by their place
 * in the family, so that "the 2nd read of child 1" is the same in every run.
 */
#ifndef SEA_H
#define SEA_H

#include <stdbool.h>
#include <stddef.h>

#include "calls.h"

/* Faults beside errno numbers. */
enum { SEA_SHORT_COUNT = 10001, SEA_WOKEN, SEA_KILLED, SEA_RAISED = 20000 };

/* Forget every plan and counter. Each fact begins so. */
void sea_calm(void);

/*
 * Let the nth call of this kind fail with error in the test's own process:
 * transient (only the nth) or persistent (the nth and all later ones).
 */
void sea_fail(enum sea_call, int nth, int error);
void sea_fail_from(enum sea_call, int nth, int error);

/* Did the planned fault happen, did it hit a child, not the test's own
 * process, and which errno did it carry? */
bool sea_hit(void);
bool sea_hit_child(void);
int sea_error(void);

/*
 * Run the scenario over and over: once in a calm sea to see which calls it
 * makes, in which process, then with each of them failing in turn, at its
 * 1st, 2nd, 3rd … time, with each fault of the kinds asked for that is legal
 * there, until it is not reached any more. Leaks are looked for after every
 * run. The scenario checks what came out, asking sea_hit() where an error is
 * a right answer; when a check fails, the message names the fault.
 */
enum sea_faults {
    SEA_ERRORS = 1, /* fork EAGAIN, pipe EMFILE, malloc ENOMEM …        */
    SEA_EINTR = 2,  /* legal where the test has a handler; see below     */
    SEA_SHORT = 4,  /* short reads and writes                            */
    SEA_KILLS = 8,  /* SIGKILL for a child at its nth call               */
    SEA_WAKES = 16, /* pthread_cond_wait, FUTEX_WAIT: woken by nobody    */
};
void sea_every(void (*scenario)(void), int faults);

/* The same with dice: runs the scenario once for each of `runs` seeds. */
void sea_storm(void (*scenario)(void), int faults, int runs);

/*
 * A signal arrives in the test's process right before its nth call of this
 * kind (of any kind: SEA_CALLS); and the same before every call the scenario
 * makes, one after another (the scenario runs once for each).
 */
void sea_raise(enum sea_call, int nth, int signal);
void sea_raise_every(void (*scenario)(void), int signal);

/* Calls of this kind made since sea_calm(), by all processes, and by the
 * calling one alone. */
int sea_count(enum sea_call);
int sea_count_here(enum sea_call);

/*
 * Bytes of memory the calling process has asked for since sea_calm(), freed
 * or not, and with realloc the whole new size: in the end a buffer that
 * doubles has asked for less than four times what it holds, and one that
 * grows by the same amount each time for a number of times that grows, too.
 * No clock is needed to tell linear from quadratic.
 */
size_t sea_allocated(void);

/*
 * Install a SIGUSR1 handler without SA_RESTART (so that EINTR is legal), as
 * a program using the learner's function might have done. sea_signals()
 * tells how often it ran. Restored at the end of the fact.
 */
void sea_handler(void);
int sea_signals(void);

/* The wall clock jumps by so many seconds after the learner's next look at
 * it. CLOCK_MONOTONIC does not. */
void sea_step_wall_clock(long seconds);

#endif
