/*
 * bench_chart.h — what bench.c measured, and the picture of it.
 */
#ifndef BENCH_CHART_H
#define BENCH_CHART_H

#include <stdio.h>

#include "bench.h"

enum { BENCH_WAYS = 8, BENCH_MOST = 8 };

/* One way at one size. */
struct bench_result {
    double median, fastest, slowest; /* seconds */
    double memory;                   /* bytes */
};

/* "16 MiB"; "4.2 ms". */
void bench_size_text(const struct bench *, size_t size, char *text, size_t cap);
void bench_seconds_text(double seconds, char *text, size_t cap);

/* Writes <binary>.svg and prints where it is. results[i] has the ways of the
 * first size of benches[i], then those of the second … Returns 0 or 1. */
int bench_draw(const struct bench *benches, struct bench_result *results[],
               size_t count);

/* A picture beside the binary: <binary>.svg, or <name>_bench.svg; closed and
 * told of at the end: 0 or 1. */
FILE *bench_picture(char *path, size_t cap, const char *name);
int bench_picture_done(FILE *, const char *path);

void bench_put_text(FILE *, int x, int y, const char *class, const char *text);

#endif
