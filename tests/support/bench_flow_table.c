/*
 * bench_flow_table.c — the tables.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_flow_part.h"

enum { COLUMN = 15, WIDE_COLUMN = 18 };

static int column(const struct flow *f)
{
    return f->columns ? WIDE_COLUMN : COLUMN;
}

void flow_size_text(size_t size, char *text, size_t cap)
{
    if (size >= 1024)
        snprintf(text, cap, "%zu KiB", size >> 10);
    else
        snprintf(text, cap, "%zu B", size);
}

/* "1,000", where the columns are no sizes of messages. */
void flow_column_text(const struct flow *f, size_t n, char *text, size_t cap)
{
    if (!f->columns)
        flow_size_text(n, text, cap);
    else if (n >= 1000)
        snprintf(text, cap, "%zu,%03zu", n / 1000, n % 1000);
    else
        snprintf(text, cap, "%zu", n);
}

/* Three digits that count. */
static int decimals(double value)
{
    return value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
}

void flow_rate_text(double rate, char *text, size_t cap)
{
    bool millions = rate >= 999.5e3;
    double value = millions ? rate / 1e6 : rate / 1e3;

    snprintf(text, cap, "%.*f %s", decimals(value), value,
             millions ? "M" : "k");
}

void flow_time_text(double s, char *text, size_t cap)
{
    bool long_time = s >= 999.5e-6;
    double value = long_time ? s * 1e3 : s * 1e6;

    snprintf(text, cap, "%.*f %s", decimals(value), value,
             long_time ? "ms" : "µs");
}

/* Right-aligned by characters: µ and ± have two bytes. */
static void put_right(const char *text, int columns)
{
    int wide = 0;

    for (const char *c = text; *c; c++)
        wide += (*c & 0xc0) != 0x80;
    printf("%*s%s", columns > wide ? columns - wide : 0, "", text);
}

static void put_rate(const struct flow_cell *c, int columns)
{
    char rate[32], text[64];

    flow_rate_text(c->median, rate, sizeof(rate));
    double spread = 50 * (c->high - c->low) / c->median;
    snprintf(text, sizeof(text), "%s ±%2.0f%%", rate,
             spread < 99 ? spread : 99);
    put_right(text, columns);
}

/* "0.52 / 0.91 µs"; "48.9 µs/1.2 ms" where they are far apart. */
static void put_times(const struct flow_cell *c, int columns)
{
    char low[32], high[32], text[80];

    flow_time_text(c->median, low, sizeof(low));
    flow_time_text(c->high, high, sizeof(high));
    if ((c->median < 999.5e-6) == (c->high < 999.5e-6)) {
        *strchr(low, ' ') = '\0';
        snprintf(text, sizeof(text), "%s / %s", low, high);
    } else {
        snprintf(text, sizeof(text), "%s/%s", low, high);
    }
    put_right(text, columns);
}

static bool any(const struct flow_table *t, int way, size_t sizes)
{
    for (size_t s = 0; s < sizes; s++)
        if (t->cell[way][s].is != CELL_NOT_FOR_IT)
            return true;
    return false;
}

static void put_way(const struct flow *f, const struct flow_way *w,
                    const struct flow_table *t, int nth)
{
    printf("  %-16s", w->reference ? "  reference" : w->name);
    for (size_t s = 0; s < f->size_count; s++) {
        const struct flow_cell *c = &t->cell[nth][s];
        if (c->is == CELL_FAILED)
            put_right("×", column(f));
        else if (c->is != CELL_FULL)
            put_right("–", column(f));
        else if (t->round_trip)
            put_times(c, column(f));
        else
            put_rate(c, column(f));
    }
    putchar('\n');
}

/* Why a way has a dash in this table. */
static void put_whys(const struct flow *f, const struct flow_way *const *ways,
                     const struct flow_table *t)
{
    for (int w = 0; ways[w]; w++)
        for (size_t s = 0; s < f->size_count; s++)
            if (t->cell[w][s].is == CELL_NOT_FOR_IT &&
                any(t, w, f->size_count)) {
                printf("  – %s %s\n", ways[w]->name, ways[w]->why);
                break;
            }
}

void flow_print(const struct flow *f, const struct flow_way *const *ways,
                const struct flow_table *t)
{
    bool bold = isatty(1) && !getenv("NO_COLOR");

    printf("\n%s%s: %s%s, %s\n\n  %-16s", bold ? "\x1b[1m" : "", f->title,
           t->title, bold ? "\x1b[0m" : "",
           t->round_trip ? "median / 99th percentile" : t->unit,
           f->columns ? f->columns : "");
    for (size_t s = 0; s < f->size_count; s++) {
        char size[32];
        flow_column_text(f, f->sizes[s], size, sizeof(size));
        put_right(size, column(f));
    }
    putchar('\n');
    for (int w = 0; ways[w]; w++)
        if (any(t, w, f->size_count))
            put_way(f, ways[w], t, w);
    put_whys(f, ways, t);
    fflush(stdout);
}
