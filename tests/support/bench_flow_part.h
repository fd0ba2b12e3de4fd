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

/* "1 KiB"; "37.1 M"; "0.52 µs". */
void flow_size_text(size_t, char *text, size_t cap);
void flow_rate_text(double, char *text, size_t cap);
void flow_time_text(double, char *text, size_t cap);

/* The tables as text, and as a picture. */
void flow_print(const struct flow *, const struct flow_way *const *,
                const struct flow_table *);
int flow_draw(const struct flow *, const struct flow_way *const *,
              const struct flow_table[FLOW_TABLES], const char *name);

#endif
