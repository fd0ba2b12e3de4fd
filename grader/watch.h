/*
 * watch.h — the keeper's eyes on one test.
 */
#ifndef WATCH_H
#define WATCH_H

#include <signal.h>

#include "keeper.h"
#include "tree.h"

enum { KEPT_OUTPUT = 16 << 10 };

/* Everything one watch over a test needs. */
struct watch {
    struct watched seen;
    struct page *page;
    const char *binary;
    pid_t pid;
    int output, pidfd;
    double began;
    struct stillness stillness;
    struct tree tree;
    unsigned looks;
    volatile sig_atomic_t *interrupted; /* set by ^C */
};

/* Take what it has printed, and keep the first of it. */
void drain(struct watch *);

/* Until the test has ended, or has to be ended: see w->seen.ending. */
void watch_test(struct watch *);

/*
 * Who outlived the test? A process that is about to end gets the time to: it
 * is given up only when it sleeps, or after two seconds.
 */
void find_left_behind(struct watch *);

#endif
