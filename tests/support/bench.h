/*
 * bench.h — speed, where speed is the lesson.
 *
 * A bench (tests/<chapter>/<stem>_bench.c) names a few ways to do the same
 * work: the learner's function, the reference, the shell … They are run in
 * turn, round after round, so that the machine's noise falls on all of them
 * alike; medians and ratios come from one run. The learner's file is built
 * with -O2, without sanitizers and without the sea. The reference answer is
 * there as well: its function f is called reference_f.
 *
 * Each round has a process of its own, so that its memory can be measured,
 * and so that an answer that crashes or hangs is told of and ends nothing.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stddef.h>

struct bench_way {
    const char *name; /* "capture", "sh -c" */
    /* One round: what it cost, in seconds; -1 and errno where it failed. */
    double (*run)(size_t size);
};

/* The first way is the learner's; the last one is what all are compared to. */
struct bench {
    const char *title; /* "feed a program and listen to both its mouths" */
    const char *cost;  /* "CPU time": what the seconds are */
    const char *unit;  /* "bytes" become KiB and MiB; or "pipelines" … */
    const struct bench_way *ways;
    size_t way_count;
    const size_t *sizes; /* rising */
    size_t size_count;
    int rounds;
};

/*
 * Runs the benches. For each, a table: of each way at each size the median,
 * the fastest and the slowest round, the ratio to the last way, the most
 * memory that a process of it held; then a sentence about how the learner's
 * cost grows. All of it is drawn, too: <binary>.svg. Returns main's status.
 *
 * BENCH_ROUNDS in the environment: fewer rounds, or more.
 */
int bench_main(const struct bench *benches, size_t count);

/* CPU seconds of this process and of the children it has reaped. */
double bench_cpu(void);

#endif
