/*
 * picture_marks.c — when each step is marked, and the room that needs.
 */
#include "picture_chart.h"

#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "svg.h"
#include "text.h"

/* What may wait is marked where it returns, everything else where it began. */
static bool waits(const struct step *step)
{
    return step->kind == STEP_READ || step->kind == STEP_END ||
           step->kind == STEP_WAIT || step->kind == STEP_POLL ||
           step->kind == STEP_ACCEPT;
}

static void births(struct chart *chart)
{
    const struct story *story = chart->pen->story;

    for (int i = 0; i < story->lanes; i++) {
        chart->birth[i] = story->lane[i].x0;
        chart->end_step[i] = -1;
    }
    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        if (step->kind == STEP_EXIT || step->kind == STEP_DEATH)
            chart->end_step[step->lane] = (int)i;
        if (step->kind != STEP_FORK || step->peer < 0)
            continue;
        double *birth = &chart->birth[step->peer];
        if (*birth > step->x1)
            *birth = step->x1;
        if (*birth < step->x0)
            *birth = step->x0;
    }
}

/* When each step is marked; never two of a lane at the same time. */
static void times(struct chart *chart)
{
    const struct story *story = chart->pen->story;
    double last[STORY_LANES];

    for (int i = 0; i < story->lanes; i++)
        last[i] = chart->birth[i] - 1;
    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        double x = waits(step) && !step->stuck ? step->x1 : step->x0;
        if (step->kind == STEP_FORK && step->peer >= 0)
            x = chart->birth[step->peer];
        if (x <= last[step->lane])
            x = last[step->lane] + 0.01;
        if (step->kind == STEP_FORK && step->peer >= 0)
            chart->birth[step->peer] = x;
        chart->mark[i].x = last[step->lane] = x;
    }
}

static void arrow(struct chart *chart, size_t step, int other)
{
    int lane = chart->pen->story->step[step].lane;

    chart->mark[step].arrow[other < lane ? ABOVE : BELOW] = true;
}

static void arrows(struct chart *chart)
{
    const struct story *story = chart->pen->story;

    for (size_t i = 0; i < story->crossings; i++) {
        const struct crossing *it = &story->crossing[i];
        int from = story->step[it->write].lane;
        int to = story->step[it->read].lane;
        arrow(chart, (size_t)it->write, to);
        arrow(chart, (size_t)it->read, from);
    }
}

/* When a process that cannot move made its last step. */
static double halt(const struct chart *chart, int lane)
{
    const struct story *story = chart->pen->story;
    double x = chart->birth[lane];

    for (size_t i = 0; i < story->steps; i++)
        if (story->step[i].lane == lane)
            x = chart->mark[i].x;
    return x + 0.001;
}

static void needs_of(struct chart *chart, size_t i)
{
    const struct step *step = &chart->pen->story->step[i];
    struct mark *mark = &chart->mark[i];
    int lane = step->lane;

    chart_need(chart, mark->x, lane, ON, 11, step->stuck ? CHART_STUCK : 11);
    if (step->waited) {
        chart_need(chart, step->x0, lane, ON, 0, 0);
        chart_need(chart, step->x1, lane, ON, 0, 0);
    }
    for (int row = ABOVE; row <= BELOW; row++)
        if (mark->arrow[row])
            chart_need(chart, mark->x, lane, row, 6, 6);
    if (mark->label) {
        chart_extent(mark);
        double x = mark->end ? halt(chart, lane) : mark->x;
        if (!mark->weak)
            chart_need(chart, x, lane, mark->row, mark->left, mark->right);
    }
}

/* What goes to a lane further away needs room in those between. */
static void passages(struct chart *chart)
{
    const struct story *story = chart->pen->story;

    for (size_t i = 0; i < story->crossings; i++) {
        int write = story->crossing[i].write, read = story->crossing[i].read;
        int from = story->step[write].lane, to = story->step[read].lane;
        int low = from < to ? from : to, high = from < to ? to : from;
        for (int lane = low + 1; lane < high; lane++)
            for (int row = ABOVE; row <= BELOW; row++)
                chart_need(chart, chart->mark[read].x, lane, row, 5, 5);
    }
}

/* A line down from a fork, and one up to who waited for the end. */
static void family(struct chart *chart)
{
    const struct story *story = chart->pen->story;

    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        bool wait = step->kind == STEP_WAIT && !step->stuck && !step->error;
        if ((step->kind != STEP_FORK && !wait) || step->peer < 0)
            continue;
        int low = step->lane < step->peer ? step->lane : step->peer;
        int high = step->lane < step->peer ? step->peer : step->lane;
        chart_need(chart, chart->mark[i].x, low, BELOW, 6, 6);
        if (!wait)
            chart_need(chart, chart->mark[i].x, high, ABOVE, 6, 6);
        for (int lane = low + 1; lane < high; lane++)
            for (int row = ABOVE; row <= BELOW; row++)
                chart_need(chart, chart->mark[i].x, lane, row, 5, 5);
    }
}

/* A lane that ends without a step that says so: an exec'd program's. */
static void ends(struct chart *chart)
{
    const struct pen *pen = chart->pen;

    for (int i = 0; i < pen->story->lanes; i++) {
        const struct lane *lane = &pen->story->lane[i];
        bool stuck = lane->end == LANE_STUCK || lane->end == LANE_LOOPING;
        bool told = chart->end_step[i] >= 0 || (stuck && chart->told[i]);
        chart_need(chart, chart->birth[i], i, ON, 2, 8);
        chart_need(chart, lane->x1, i, ON, 0, 0);
        chart->halt[i] = halt(chart, i);
        if (told || (!picture_ended(lane) && !stuck))
            continue;
        chart->end_label[i] = picture_state(pen, i);
        double width = svg_width(chart->end_label[i], 11, SVG_BOLD);
        if (picture_ended(lane))
            chart_need(chart, lane->x1, i, ON, 8, width + 15);
        else
            chart_need(chart, chart->halt[i], i, ABOVE, width - CHART_STUCK,
                       CHART_STUCK);
    }
}

void chart_marks(struct chart *chart)
{
    size_t steps = chart->pen->story->steps;

    births(chart);
    times(chart);
    arrows(chart);
    for (size_t i = steps; i-- > 0;) {
        chart_label(chart, i);
        needs_of(chart, i);
    }
    family(chart);
    passages(chart);
    ends(chart);
}

/* After the fork, where the end was of no use any more. */
static double ghost_time(const struct chart *chart, const struct hold *hold)
{
    const struct story *story = chart->pen->story;
    double x = chart->birth[hold->lane];

    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        bool makes = step->kind == STEP_MAKE && step->channel == hold->channel;
        if (step->lane == hold->lane && (step->kind == STEP_FORK || makes))
            x = chart->mark[i].x;
    }
    return x + 0.001;
}

void chart_ghosts(struct chart *chart)
{
    const struct pen *pen = chart->pen;

    for (size_t i = 0; i < pen->story->holds; i++) {
        const struct hold *hold = &pen->story->hold[i];
        if (!hold->wrong)
            continue;
        struct ghost *ghost = &chart->ghost[chart->ghosts++];
        ghost->hold = i;
        ghost->x = ghost_time(chart, hold) + 0.0001 * (double)chart->ghosts;
        ghost->label =
            format_text(picture_word(pen, "close(%d) is missing"), hold->fd);
        double half = svg_width(ghost->label, 11, SVG_BOLD) / 2 + 4;
        chart_need(chart, ghost->x, hold->lane, ON, 12, 12);
        chart_need(chart, ghost->x, hold->lane, BELOW, half, half);
    }
}
