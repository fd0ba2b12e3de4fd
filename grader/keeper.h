/*
 * keeper.h — the process that looks after one test.
 *
 * It is the subreaper of everything the test starts, so that whatever is
 * left behind is found; it proves that nobody can move; it ends, reaps and
 * removes everything; and it writes the result for the grader.
 */
#ifndef KEEPER_H
#define KEEPER_H

#include "page.h"
#include "result.h"

/* How a test ended, as seen from outside. */
enum ending {
    ENDED,      /* by itself: see wstatus */
    STOOD,      /* proven that nobody could move */
    LOOPED,     /* CPU time without end */
    TOO_LATE,   /* the backstop */
    FLOODED,    /* output without end */
    SWAMPED,    /* memory without end */
    SWARMED,    /* processes without end */
    INTERRUPTED /* ^C */
};

struct watched {
    enum ending ending;
    int wstatus;
    double seconds, cpu;
    char *output;   /* what it printed, bounded */
    size_t printed; /* bytes it printed in all */
    char *left;     /* processes that outlived it, in words; or NULL */
    char headline[768], *explanation; /* of STOOD, LOOPED, TOO_LATE */
};

/* Who wants the story, told while the processes are still there. */
struct story;
struct telling {
    bool steady;
    void (*tell)(const struct story *, void *arg);
    void *arg;
};

/* In a process of its own: run one test and write its result to `out`. */
void keep(const char *binary, const char *fact, const char *folder, int out,
          pid_t grader, const struct telling *);

/* Turn what was seen into a verdict with its text. */
void judge(struct test_result *, const struct watched *, const struct page *,
           const char *binary);

/* The result's way from the keeper to the grader. */
void result_send(int fd, const struct test_result *);
bool result_receive(int fd, struct test_result *);

#endif
