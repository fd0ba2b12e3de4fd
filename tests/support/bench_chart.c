/*
 * bench_chart.c — a bar for each way at each size, as SVG.
 *
 * The bars of one size share a scale, which ends with the longest of them:
 * they compare the ways, and the numbers beside them tell the time. A thin
 * line goes from the fastest round to the slowest.
 */
#include "bench_chart.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 720, LEFT = 200, LENGTH = 380, BAR = 16, GAP = 5, PAD = 14 };

static const char style[] =
    "  <style>\n"
    "    text { font: 13px \"Helvetica Neue\", Arial, sans-serif; "
    "fill: #1f3438; }\n"
    "    .title { font-size: 16px; font-weight: bold; }\n"
    "    .end { text-anchor: end; }\n"
    "    .muted { fill: #55707a; }\n"
    "    .paper { fill: #fbf7ee; }\n"
    "    .way0 { fill: #1f7a8c; }\n"
    "    .way1 { fill: #c2a15a; }\n"
    "    .way2 { fill: #8fa3a8; }\n"
    "    .spread { stroke: #1f3438; stroke-width: 1.5; }\n"
    "    @media (prefers-color-scheme: dark) {\n"
    "      text { fill: #f3ead6; }\n"
    "      .muted { fill: #a9bdc1; }\n"
    "      .paper { fill: #11191c; }\n"
    "      .way0 { fill: #4fb3c4; }\n"
    "      .way1 { fill: #c9a961; }\n"
    "      .way2 { fill: #6f858b; }\n"
    "      .spread { stroke: #f3ead6; }\n"
    "    }\n"
    "  </style>\n";

static int group_height(const struct bench *b)
{
    return (int)b->way_count * (BAR + GAP) + PAD;
}

static int bench_height(const struct bench *b)
{
    return 60 + (int)b->size_count * group_height(b);
}

void bench_put_text(FILE *out, int x, int y, const char *class,
                    const char *text)
{
    fprintf(out, "  <text x=\"%d\" y=\"%d\" class=\"%s\">", x, y, class);
    for (; *text; text++)
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*text, out);
        }
    fputs("</text>\n", out);
}

static void put_bar(FILE *out, const struct bench *b, size_t w,
                    const struct bench_result *r, double longest, int y)
{
    double unit = LENGTH / longest;
    int length = (int)(r->median * unit), middle = y + BAR / 2;
    int from = LEFT + (int)(r->fastest * unit);
    int to = LEFT + (int)(r->slowest * unit);
    char time[32];

    bench_put_text(out, LEFT - 8, y + BAR - 4, "end", b->ways[w].name);
    fprintf(out,
            "  <rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" rx=\"2\" "
            "class=\"way%zu\"/>\n",
            LEFT, y, length > 0 ? length : 1, BAR, w < 2 ? w : 2);
    fprintf(out,
            "  <line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" "
            "class=\"spread\"/>\n",
            from, middle, to, middle);
    bench_seconds_text(r->median, time, sizeof(time));
    bench_put_text(out, (to > LEFT + length ? to : LEFT + length) + 8,
                   y + BAR - 4, "", time);
}

static void put_bench(FILE *out, const struct bench *b,
                      const struct bench_result *results, int y)
{
    char text[160];

    bench_put_text(out, PAD, y + 22, "title", b->title);
    snprintf(
        text, sizeof(text),
        "%s: the median, and a line from the fastest round to the slowest; "
        "each size has its own scale",
        b->cost);
    bench_put_text(out, PAD, y + 40, "muted", text);
    y += 54;
    for (size_t s = 0; s < b->size_count; s++, y += group_height(b)) {
        const struct bench_result *r = &results[s * b->way_count];
        double longest = 0;
        for (size_t w = 0; w < b->way_count; w++)
            if (r[w].slowest > longest)
                longest = r[w].slowest;
        bench_size_text(b, b->sizes[s], text, sizeof(text));
        bench_put_text(out, PAD, y + BAR - 4, "muted", text);
        for (size_t w = 0; w < b->way_count; w++)
            put_bar(out, b, w, &r[w], longest, y + (int)w * (BAR + GAP));
    }
}

FILE *bench_picture(char *path, size_t cap, const char *name)
{
    ssize_t n = readlink("/proc/self/exe", path, cap / 2);

    if (n < 0)
        n = snprintf(path, cap / 2, "bench");
    path[n] = '\0';
    if (name && strrchr(path, '/'))
        n = strrchr(path, '/') + 1 - path;
    snprintf(path + n, cap - (size_t)n, "%s%s.svg", name ? name : "",
             name ? "_bench" : "");
    return fopen(path, "w");
}

/* From here, where the path leads below the folder one stands in. */
static const char *nearby(const char *path)
{
    static char here[4096];
    size_t n = getcwd(here, sizeof(here)) ? strlen(here) : 0;

    return n > 0 && strncmp(path, here, n) == 0 && path[n] == '/' ? path + n + 1
                                                                  : path;
}

int bench_picture_done(FILE *out, const char *path)
{
    if (fclose(out) != 0) {
        perror(path);
        return 1;
    }
    printf("\n  Drawn: %s\n\n", nearby(path));
    return 0;
}

int bench_draw(const struct bench *benches, struct bench_result *results[],
               size_t count)
{
    char path[4096];
    int height = PAD, y = 0;
    FILE *out = bench_picture(path, sizeof(path), NULL);

    if (!out) {
        perror(path);
        return 1;
    }
    for (size_t i = 0; i < count; i++)
        height += bench_height(&benches[i]);
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\">\n"
            "  <title>%s</title>\n%s"
            "  <rect width=\"%d\" height=\"%d\" rx=\"8\" class=\"paper\"/>\n",
            WIDTH, height, WIDTH, height, benches[0].title, style, WIDTH,
            height);
    for (size_t i = 0; i < count; i++, y += bench_height(&benches[i - 1]))
        put_bench(out, &benches[i], results[i], y);
    fputs("</svg>\n", out);
    return bench_picture_done(out, path);
}
