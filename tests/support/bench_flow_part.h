/*
 * bench_flow_part.h — what the files bench_flow*.c offer each other.
 */
#ifndef BENCH_FLOW_PART_H
#define BENCH_FLOW_PART_H

#include <stdio.h>

#include "bench_flow.h"

enum { FLOW_WAYS = 16, FLOW_SIZES = 4, FLOW_TABLES = 3, FLOW_ROUNDS = 51 };

/* One way at one size, in one table. */
struct flow_cell {
    enum { CELL_EMPTY, CELL_FULL, CELL_NOT_FOR_IT, CELL_FAILED } is;
    long messages; /* in a round */
    int rounds;
    struct flow_round round[FLOW_ROUNDS];
    /* Of all rounds: messages a second, with the quartiles, or seconds of a
     * round trip, with the 99th percentile in high. */
    double median, low, high;
};

struct flow_table {
    const char *title, *unit;
    int producers, consumers;
    bool round_trip;
    struct flow_cell cell[FLOW_WAYS][FLOW_SIZES];
};

/* One round in a process of its own. */
void flow_round(const struct flow_way *, const struct flow_load *,
                struct flow_round *);

/* The ways that are measured: those of other stems are left out. */
struct flow_plan {
    const struct flow_way *way[FLOW_WAYS + 1];
    int ways, rounds;
};
void flow_choose(const struct flow *, const char *stem, struct flow_plan *);

/* Is this way for so many, of this size? */
bool flow_fits(const struct flow_way *, const struct flow_table *, size_t);

/* The way has failed, and why it did is kept to be told at the end. */
void flow_fail(const struct flow_plan *, int way, struct flow_cell *,
               int error);
bool flow_has_failed(int way);
void flow_tell_trouble(const struct flow_plan *);

/* Sorts them. */
double flow_middle(double *list, int n);

void flow_progress(int done, int all);

/* All ways' sweep, should the bench be interrupted. */
void flow_sweep_at_end(const struct flow_plan *);

/* "1 KiB"; "37.1 M"; "0.52 µs". */
void flow_size_text(size_t, char *text, size_t cap);
void flow_column_text(const struct flow *, size_t, char *text, size_t cap);
void flow_rate_text(double, char *text, size_t cap);
void flow_time_text(double, char *text, size_t cap);

/* The tables as text, and as a picture. */
void flow_print(const struct flow *, const struct flow_way *const *,
                const struct flow_table *);
int flow_draw(const struct flow *, const struct flow_way *const *,
              const struct flow_table[], int count, const char *name);

#endif
