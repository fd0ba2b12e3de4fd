/*
 * interleave.h — every interleaving, not a lucky one.
 *
 * Systematic concurrency testing of several processes over shared memory. A
 * test names a world that they share, two to four operations and what must
 * be true in the end. Each operation runs in a process of its own, one of
 * them at a time; at each access to shared memory and each call that
 * synchronises, a scheduler decides who goes on. All schedules up to a bound
 * of preemptions are tried, one after another; and, if asked for, each
 * operation is killed at each of its points in turn.
 *
 * The code on test is compiled with -fsanitize=thread -fno-builtin, but
 * linked with this folder instead of the sanitizer's library, and its calls
 * are redirected with objcopy --redefine-syms (calls.syms).
 *
 *     static void setup(void) { ring = ring_create(1, sizeof(int)); }
 *     static void produce(void) { ring_put(ring, &(int){7}); }
 *     static void consume(void) { int i; ring_get(ring, &i);
 *                                 INTERLEAVE_CHECK(i == 7, "got %d", i); }
 *
 *     struct interleave_result result;
 *     interleave(&(struct interleave){
 *         .setup = setup,
 *         .op = {{"producer", produce}, {"consumer", consume}},
 *         .preemptions = 2,
 *     }, &result);
 *
 * What is explored: sequential consistency, and beyond it stores that are
 * not seq_cst and stay in the store buffer while their process goes on; each
 * of these costs a preemption. Weaker memory orders are checked by
 * happens-before: two accesses of the same bytes, one of them a write and
 * one of them plain, that nothing orders, are a data race.
 *
 * See README.md in this folder for what is modelled, and what is not.
 */
#ifndef INTERLEAVE_H
#define INTERLEAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { INTERLEAVE_OPS = 4 };

struct interleave_op {
    const char *name; /* its column in the table: "producer" */
    void (*run)(void);
};

struct interleave {
    void (*setup)(void); /* makes the world, alone */
    struct interleave_op op[INTERLEAVE_OPS];
    void (*check)(void);    /* alone, when all have ended; or NULL */
    void (*teardown)(void); /* once, when all is tried; or NULL */
    int preemptions;        /* the bound */
    unsigned kills;         /* bit i: op[i] is killed at each of its points */
    bool spurious;          /* waits also end for nothing, as they may; each
                               time costs a preemption */
    int walks;              /* so many random walks as well, seeds 1 … */
    long most;              /* schedules; 0: no limit */
    long most_real;         /* … where each has to have processes of its own,
                               which takes a hundred times as long; 0: most */
};

enum interleave_found {
    INTERLEAVE_NOTHING,
    INTERLEAVE_ASSERTION,    /* INTERLEAVE_CHECK */
    INTERLEAVE_DEADLOCK,     /* nobody can ever move */
    INTERLEAVE_SPINS,        /* who could move looks again and again */
    INTERLEAVE_RACE,         /* nothing orders two accesses */
    INTERLEAVE_MISUSE,       /* of a mutex, condition, semaphore, mapping */
    INTERLEAVE_CRASH,        /* a signal */
    INTERLEAVE_LEFT,         /* a process ended in the middle of it */
    INTERLEAVE_WITHOUT_END,  /* too many steps, or a loop that never looks at
                                shared memory */
    INTERLEAVE_UNREPEATABLE, /* the same schedule took another course */
    INTERLEAVE_FAULT,        /* of this library or the machine: no memory … */
};

struct interleave_result {
    enum interleave_found found;
    long schedules;     /* tried */
    int preemptions;    /* the bound; of a failing schedule how many it has */
    int switches;       /* of a failing schedule, of any kind */
    bool volatile_used; /* volatile accesses order others: no promise in C */
    char sentence[768]; /* what went wrong */
    char proved[256];   /* what was tried and how much, in words */
    char replay[256];   /* the failing schedule's name: INTERLEAVE=name in
                           the environment runs it alone; else "" */
    const struct interleave_trace *trace; /* of the failing schedule, or
                           NULL; until the next call */
};

void interleave(const struct interleave *, struct interleave_result *);

/*
 * In an operation or in check: fails the schedule with a sentence unless the
 * condition holds. The caller does not go on.
 */
#define INTERLEAVE_CHECK(cond, ...)                                            \
    ((cond) ? (void)0 : interleave_fail(__VA_ARGS__))
void interleave_fail(const char *fmt, ...)
    __attribute__((format(printf, 1, 2)));

/* In setup: zeroed memory that the operations share, for what they saw. Each
 * schedule begins with it as setup left it. */
void *interleave_shared(size_t size);

/* In an operation: a line of the table, "put 7" or "got 7". */
void interleave_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* In check: the operation that was killed, or -1. In an operation: the
 * number of the operation itself. */
int interleave_killed(void);
int interleave_self(void);

/* ------------------------------------------------------------ the trace */

enum interleave_act {
    ACT_SAY,     /* text */
    ACT_READ,    /* place, value */
    ACT_WRITE,   /* place, value */
    ACT_LOAD,    /* atomic: place, value, order */
    ACT_STORE,   /* place, value, order */
    ACT_RMW,     /* place, before, value, order: exchange, fetch_add … */
    ACT_CAS,     /* place, before, value, order; result: 1 it was exchanged */
    ACT_FENCE,   /* order */
    ACT_BUFFERS, /* a store stays in the store buffer: place, value, order */
    ACT_DRAINS,  /* … and becomes visible now */
    ACT_COPY,    /* memcpy, memset …: place, size */
    ACT_CALL,    /* call, place, result */
    ACT_SLEEPS,  /* it cannot go on in the call before: nobody's turn */
    ACT_WAKES,   /* nobody woke it; result: ETIMEDOUT, or 0 for nothing */
    ACT_SPINS,   /* looks again and again: hands over */
    ACT_KILLED,
    ACT_CRASHED, /* result: the signal */
    ACT_RETURNS, /* the operation is done */
    ACT_STUCK,   /* at the end of a deadlock: it still waits here */
};

struct interleave_step {
    int actor; /* 0: setup and check; 1 …: op[actor - 1] */
    enum interleave_act act;
    bool switched;  /* another one went before */
    bool preempted; /* … although that one could have gone on */
    bool volatile_; /* a volatile access */
    bool wrong;     /* the sentence is about this one */
    int order;      /* __ATOMIC_… */
    int size;       /* bytes */
    uintptr_t pc;   /* in the code on test, or 0 */
    int object; /* 1 …: the shared mapping, in the order they were made; 0:
                       none */
    uint64_t offset;        /* … and the place in it */
    uint64_t before, value; /* up to 8 bytes */
    long result;
    const char *call; /* "pthread_mutex_lock" */
    char text[48];    /* ACT_SAY */
};

enum { INTERLEAVE_STEPS = 4000 };

struct interleave_trace {
    int steps;
    bool cut; /* it was longer: the last ones are missing */
    struct interleave_step step[INTERLEAVE_STEPS];
};

#endif
