/*
 * bench_flow_chart.c — a row for each way, a mark for each size, as SVG.
 *
 * The scale is logarithmic, since the ways differ by a factor of a thousand:
 * a decade has the same width everywhere, and marks, unlike bars, need no 0.
 * A thin line spans the middle half of the rounds, or goes from the median
 * round trip to the 99th percentile.
 */
#include <math.h>
#include <string.h>

#include "bench_chart.h"
#include "bench_flow_part.h"

enum { WIDTH = 720, LEFT = 150, LENGTH = 540, ROW = 30, PAD = 14, HEAD = 62 };

static const char style[] =
    "  <style>\n"
    "    text { font: 13px \"Helvetica Neue\", Arial, sans-serif; "
    "fill: #1f3438; }\n"
    "    .title { font-size: 16px; font-weight: bold; }\n"
    "    .own { font-weight: bold; }\n"
    "    .end { text-anchor: end; }\n"
    "    .middle { text-anchor: middle; }\n"
    "    .muted { fill: #55707a; }\n"
    "    .paper { fill: #fbf7ee; }\n"
    "    .grid { stroke: #d9d2c0; }\n"
    "    .band { fill: #f3ecdb; }\n"
    "    .mark0 { fill: #1f7a8c; stroke: #1f7a8c; }\n"
    "    .mark1 { fill: #b8860b; stroke: #b8860b; }\n"
    "    .mark2 { fill: #b5543a; stroke: #b5543a; }\n"
    "    .mark3 { fill: #5b4b8a; stroke: #5b4b8a; }\n"
    "    line { stroke-width: 1.5; }\n"
    "    @media (prefers-color-scheme: dark) {\n"
    "      text { fill: #f3ead6; }\n"
    "      .muted { fill: #a9bdc1; }\n"
    "      .paper { fill: #11191c; }\n"
    "      .grid { stroke: #2b3a3f; }\n"
    "      .band { fill: #172327; }\n"
    "      .mark0 { fill: #4fb3c4; stroke: #4fb3c4; }\n"
    "      .mark1 { fill: #e0b040; stroke: #e0b040; }\n"
    "      .mark2 { fill: #e0805f; stroke: #e0805f; }\n"
    "      .mark3 { fill: #a593dd; stroke: #a593dd; }\n"
    "    }\n"
    "  </style>\n";

struct scale {
    int from, decades; /* powers of ten */
};

static bool shown(const struct flow_table *t, int way, size_t sizes)
{
    for (size_t s = 0; s < sizes; s++)
        if (t->cell[way][s].is == CELL_FULL)
            return true;
    return false;
}

static int rows_of(const struct flow *f, const struct flow_way *const *ways,
                   const struct flow_table *t)
{
    int rows = 0;

    for (int w = 0; ways[w]; w++)
        rows += shown(t, w, f->size_count);
    return rows;
}

static int panel_height(int rows)
{
    return rows ? HEAD + rows * ROW + 2 * PAD : 0;
}

static struct scale scale_of(const struct flow *f,
                             const struct flow_way *const *ways,
                             const struct flow_table *t)
{
    double low = INFINITY, high = 0;

    for (int w = 0; ways[w]; w++)
        for (size_t s = 0; s < f->size_count; s++) {
            const struct flow_cell *c = &t->cell[w][s];
            if (c->is == CELL_FULL) {
                low = fmin(low, c->low);
                high = fmax(high, c->high);
            }
        }
    struct scale scale = {(int)floor(log10(low)), 1};
    while (pow(10, scale.from + scale.decades) < high)
        scale.decades++;
    return scale;
}

static double place(const struct scale *scale, double value)
{
    return LEFT + LENGTH * (log10(value) - scale->from) / scale->decades;
}

/* 10 k, 1 M; 10 µs, 1 ms. */
static void decade_text(const struct flow_table *t, int power, char *text,
                        size_t cap)
{
    static const char *const unit[] = {"ns", "µs", "ms", "s"};
    int third = t->round_trip ? (power + 9) / 3 : power / 3;
    double value = pow(10, t->round_trip ? (power + 9) % 3 : power % 3);

    snprintf(text, cap, "%.0f %s", value,
             t->round_trip ? unit[third < 3 ? third : 3]
             : third == 0  ? ""
             : third == 1  ? "k"
             : third == 2  ? "M"
                           : "G");
}

static void put_scale(FILE *out, const struct flow_table *t,
                      const struct scale *scale, int top, int bottom)
{
    char text[16];

    for (int i = 0; i <= scale->decades; i++) {
        int x = LEFT + LENGTH * i / scale->decades;
        fprintf(out,
                "  <line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" "
                "class=\"grid\"/>\n",
                x, top, x, bottom);
        decade_text(t, scale->from + i, text, sizeof(text));
        bench_put_text(out, x, bottom + 14, "middle muted", text);
    }
}

/* A circle, a square, a diamond, a triangle: not by colour alone. */
static void put_mark(FILE *out, size_t size, double x, double y)
{
    static const char *const path[] = {
        "m-4,0 a4,4 0 1,0 8,0 a4,4 0 1,0 -8,0",
        "m-3.5,-3.5 h7 v7 h-7 z",
        "m0,-5 l5,5 l-5,5 l-5,-5 z",
        "m0,-4.5 l5,8.5 h-10 z",
    };

    fprintf(out, "  <path d=\"M%.1f,%.1f %s\" class=\"mark%zu\"/>\n", x, y,
            path[size % 4], size % 4);
}

static void put_row(FILE *out, const struct flow *f, const struct flow_table *t,
                    int way, const struct scale *scale, int y)
{
    for (size_t s = 0; s < f->size_count; s++) {
        const struct flow_cell *c = &t->cell[way][s];
        double at = y + ROW / 2.0 + 6 * ((double)s - 1.5);
        if (c->is != CELL_FULL)
            continue;
        fprintf(out,
                "  <line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                "class=\"mark%zu\"/>\n",
                place(scale, c->low), at, place(scale, c->high), at, s % 4);
        put_mark(out, s, place(scale, c->median), at);
    }
}

static void put_name(FILE *out, const struct flow_way *w, int y)
{
    char text[48];

    snprintf(text, sizeof(text), "%s%s", w->name,
             w->reference ? ", reference" : "");
    bench_put_text(out, LEFT - 10, y,
                   w->stem && !w->reference ? "end own" : "end", text);
}

static void put_legend(FILE *out, const struct flow *f, int y)
{
    int x = PAD + 4;
    char text[24];

    if (f->columns) {
        bench_put_text(out, x, y, "muted", f->columns);
        x += 96;
    }
    for (size_t s = 0; s < f->size_count; s++, x += f->columns ? 56 : 76) {
        put_mark(out, s, x, y - 4.5);
        flow_column_text(f, f->sizes[s], text, sizeof(text));
        bench_put_text(out, x + 10, y, "", text);
    }
}

static int put_panel(FILE *out, const struct flow *f,
                     const struct flow_way *const *ways,
                     const struct flow_table *t, int y)
{
    struct scale scale = scale_of(f, ways, t);
    char text[160], spread[160];
    int top = y + HEAD, nth = 0;

    snprintf(spread, sizeof(spread), "%s: median, %s", t->unit,
             t->round_trip ? "to the 99th percentile"
                           : "and the middle half of the rounds");
    snprintf(text, sizeof(text), "%s: %s", f->title, t->title);
    bench_put_text(out, PAD, y + 24, "title", text);
    put_legend(out, f, y + 46);
    bench_put_text(out, LEFT + LENGTH, y + 46, "end muted", spread);
    for (int w = 0; ways[w]; w++) {
        int at = top + nth * ROW;
        if (!shown(t, w, f->size_count))
            continue;
        if (nth++ % 2 == 0)
            fprintf(out,
                    "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" "
                    "class=\"band\"/>\n",
                    PAD / 2, at, WIDTH - PAD, ROW);
        put_name(out, ways[w], at + ROW / 2 + 5);
    }
    put_scale(out, t, &scale, top, top + nth * ROW);
    nth = 0;
    for (int w = 0; ways[w]; w++)
        if (shown(t, w, f->size_count))
            put_row(out, f, t, w, &scale, top + nth++ * ROW);
    return panel_height(nth);
}

int flow_draw(const struct flow *f, const struct flow_way *const *ways,
              const struct flow_table t[], int count, const char *name)
{
    char path[4096];
    int height = PAD, y = 0;
    FILE *out = bench_picture(path, sizeof(path), name);

    if (!out) {
        perror(path);
        return 1;
    }
    for (int i = 0; i < count; i++)
        height += panel_height(rows_of(f, ways, &t[i]));
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
            "  <title>%s</title>\n%s"
            "  <rect width=\"%d\" height=\"%d\" rx=\"8\" class=\"paper\"/>\n",
            WIDTH, height, WIDTH, height, f->title, style, WIDTH, height);
    for (int i = 0; i < count; i++)
        if (rows_of(f, ways, &t[i]) > 0)
            y += put_panel(out, f, ways, &t[i], y);
    fputs("</svg>\n", out);
    return bench_picture_done(out, path);
}
