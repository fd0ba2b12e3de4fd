/*
 * bench_flow.h — messages a second, and how long a question and its answer
 * take, through ways of very different speed.
 *
 * Each way is a channel between processes. They are run in turn, round after
 * round, in processes of their own that are pinned to cores of their own; the
 * number of messages of a round is found beforehand, so that each takes about
 * as long. A way that is not written, crashes, hangs or mixes messages up is
 * told of, and ends nothing.
 */
#ifndef BENCH_FLOW_H
#define BENCH_FLOW_H

#include <stdbool.h>
#include <stddef.h>

/* What one round has to do. */
struct flow_load {
    size_t size; /* bytes of a message */
    int producers, consumers;
    bool round_trip; /* one question at a time, and its answer */
    long messages;   /* in all */
};

struct flow_round {
    double seconds;     /* from the first put to the last get */
    double median, p99; /* seconds of a round trip */
    int error;          /* errno, if it failed */
};

struct flow_way {
    const char *name;
    const char *stem; /* the exercise whose way it is, or NULL */
    bool reference;   /* of that exercise */
    size_t most;      /* longest message, 0: any … */
    size_t most_many; /* … where several put or get; 1: it is for one each */
    const char *why;  /* why not more */

    /* A channel that processes forked later can use. NULL and errno. */
    void *(*open)(size_t size);
    /* 0, or -1 and errno. There is room for FLOW_HEAD bytes before a message,
     * which put and get may use. */
    int (*put)(void *, char *message, size_t size);
    int (*get)(void *, char *message, size_t size);
    /* Removes what open has left behind in the system. Called after every
     * round, in the process that called flow_main. May be NULL. */
    void (*sweep)(void);

    /* Instead of the above: does a round in its own manner. */
    void (*run)(const struct flow_way *, const struct flow_load *,
                struct flow_round *);
    /* Why this way cannot be gone at all, or NULL. May be NULL. */
    const char *(*missing)(void);
};

enum { FLOW_HEAD = 16, FLOW_LONGEST = 64 << 10, FLOW_PATIENCE_MS = 20000 };

struct flow {
    const char *title;
    const struct flow_way *const *ways; /* ends with NULL */
    const size_t *sizes;
    size_t size_count;
    int rounds;
    const char *note;    /* one line below the tables */
    const char *columns; /* "connections"; NULL: they are sizes in bytes */
};

/*
 * Runs it: a table of messages a second with one producer and one consumer,
 * one with two each, one of round trips; all drawn in <name>.svg beside the
 * binary. Of ways with a stem only those of `stem`, where it is not NULL.
 * BENCH_ROUNDS in the environment: fewer rounds, or more. Returns main's
 * status.
 */
int flow_main(const struct flow *, const char *stem, const char *name);

/* The core for the nth process of a round, or -1. */
int flow_core(int nth);

/* A monotonic clock, in seconds. */
double flow_now(void);

/* POSIX message queue, SysV message queue, pipe, socketpair; Python's queues,
 * all rounds through one interpreter. */
extern const struct flow_way flow_mq, flow_msg, flow_pipe, flow_socketpair,
    flow_python_queue, flow_python_simple;

#endif
