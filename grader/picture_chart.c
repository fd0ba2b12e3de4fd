/*
 * picture_chart.c — stretches time until everything has room.
 */
#include "picture_chart.h"

#include <stdlib.h>
#include <string.h>

#include "svg.h"
#include "text.h"

static const double WIDE_ENOUGH = 900, MOST_STRETCH = 3.2;

void chart_need(struct chart *chart, double x, int lane, enum row row,
                double left, double right)
{
    if (chart->needs == chart->room) {
        chart->room = chart->room * 2 + 256;
        struct need *more =
            realloc(chart->need, chart->room * sizeof *chart->need);
        if (!more)
            abort();
        chart->need = more;
    }
    chart->need[chart->needs] =
        (struct need){x, lane, row, left, right, chart->needs};
    chart->needs++;
}

static int by_time(const void *a, const void *b)
{
    const struct need *one = a, *other = b;

    if (one->x != other->x)
        return one->x < other->x ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

/* From left to right: each time as near to the last as its needs allow. */
static void place(struct chart *chart, double unit)
{
    double used[STORY_LANES][ROWS] = {{0}}, px = 0;
    struct need *need = chart->need;

    chart->points = 0;
    chart->width = 0;
    for (size_t i = 0, end; i < chart->needs; i = end) {
        double x = need[i].x;
        if (i > 0)
            px += (x - need[i - 1].x) * unit;
        for (end = i; end < chart->needs && need[end].x == x; end++) {
            double least = used[need[end].lane][need[end].row];
            if (px < least + need[end].left)
                px = least + need[end].left;
        }
        for (size_t k = i; k < end; k++) {
            double *most = &used[need[k].lane][need[k].row];
            if (*most < px + need[k].right)
                *most = px + need[k].right;
            if (chart->width < px + need[k].right)
                chart->width = px + need[k].right;
        }
        chart->x[chart->points] = x;
        chart->px[chart->points++] = px;
    }
}

/* A short story is drawn wider than it has to be. */
static void widen(struct chart *chart)
{
    double factor = WIDE_ENOUGH / (chart->width + 1);

    if (factor > MOST_STRETCH)
        factor = MOST_STRETCH;
    if (factor <= 1)
        return;
    double tail = 0, last = 0;
    for (size_t i = 0; i < chart->points; i++)
        last = chart->px[i];
    tail = chart->width - last;
    for (size_t i = 0; i < chart->points; i++)
        chart->px[i] *= factor;
    chart->width = last * factor + tail;
}

double chart_px(const struct chart *chart, double x)
{
    size_t low = 0, high = chart->points;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (chart->x[middle] < x)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < chart->points && chart->x[low] == x)
        return chart->px[low];
    if (low == 0)
        return 0;
    return chart->px[low - 1];
}

/* The lines of the lanes, as near as their labels allow. */
static void lanes(struct chart *chart)
{
    const struct story *story = chart->pen->story;
    bool used[STORY_LANES][ROWS] = {{false}};
    double y = 6;

    for (size_t i = 0; i < chart->needs; i++)
        if (chart->need[i].left + chart->need[i].right > 14)
            used[chart->need[i].lane][chart->need[i].row] = true;
    for (int i = 0; i < story->lanes; i++) {
        bool program = *story->lane[i].program;
        chart->track[i] = y;
        y += used[i][ABOVE] ? 38 : 22;
        chart->y[i] = y;
        y += used[i][BELOW] ? 36 : program ? 30 : 20;
    }
    chart->track[story->lanes] = y;
    chart->height = y + 4;
}

static void names(struct chart *chart)
{
    const struct pen *pen = chart->pen;

    chart->names = 56;
    for (int i = 0; i < pen->story->lanes; i++) {
        char *name = picture_lane(pen, i);
        char *cut = svg_cut(name, 104, 13, SVG_BOLD);
        double width = svg_width(cut, 13, SVG_BOLD) + 20;
        if (chart->names < width)
            chart->names = width;
        free(name);
        free(cut);
    }
}

/* A weak label stays where nothing else is. */
static void weak_labels(struct chart *chart)
{
    const struct story *story = chart->pen->story;
    double used[STORY_LANES][ROWS] = {{0}};

    for (size_t i = 0; i < chart->needs; i++) /* sorted: px may be reused */
        chart->need[i].x = chart_px(chart, chart->need[i].x);
    for (size_t i = 0; i < story->steps; i++) {
        struct mark *mark = &chart->mark[i];
        int lane = story->step[i].lane;
        if (!mark->label || !mark->weak)
            continue;
        double px = chart_px(chart, mark->x);
        double from = px - mark->left, to = px + mark->right;
        bool free_room = from > used[lane][mark->row] && to < chart->width;
        for (size_t k = 0; free_room && k < chart->needs; k++) {
            const struct need *need = &chart->need[k];
            free_room = need->lane != lane || need->row != mark->row ||
                        need->x - need->left > to ||
                        need->x + need->right < from ||
                        need->left + need->right == 0;
        }
        if (free_room) {
            used[lane][mark->row] = to;
        } else {
            free(mark->label);
            mark->label = NULL;
        }
    }
}

void chart_make(struct chart *chart, const struct pen *pen)
{
    *chart = (struct chart){.pen = pen};
    chart->mark = allocate(pen->story->steps * sizeof *chart->mark);
    chart->ghost = allocate(pen->story->holds * sizeof *chart->ghost);
    chart_marks(chart);
    chart_ghosts(chart);
    qsort(chart->need, chart->needs, sizeof *chart->need, by_time);
    chart->x = allocate(chart->needs * sizeof *chart->x);
    chart->px = allocate(chart->needs * sizeof *chart->px);
    for (double unit = 7; unit > 0.7; unit *= 0.8) {
        place(chart, unit);
        if (chart->width <= WIDE_ENOUGH)
            break;
    }
    widen(chart);
    lanes(chart);
    names(chart);
    weak_labels(chart);
    chart->width += 18;
}

void chart_clear(struct chart *chart)
{
    for (size_t i = 0; i < chart->pen->story->steps; i++)
        free(chart->mark[i].label);
    for (size_t i = 0; i < chart->ghosts; i++)
        free(chart->ghost[i].label);
    for (int i = 0; i < STORY_LANES; i++)
        free(chart->end_label[i]);
    free(chart->mark);
    free(chart->ghost);
    free(chart->need);
    free(chart->x);
    free(chart->px);
}
