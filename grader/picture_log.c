/*
 * picture_log.c — the log: a lane for each process, time to the right.
 */
#include "picture_chart.h"

#include <math.h>
#include <stdlib.h>

#include "svg.h"
#include "text.h"

/* A line that leaves one lane and arrives at another straight. */
static void bend(FILE *out, double x0, double y0, double x1, double y1)
{
    double reach = fabs(y1 - y0) * 0.62;

    if (reach > 60)
        reach = 60;
    if (y1 < y0)
        reach = -reach;
    fprintf(out, "M%.1f,%.1fC%.1f,%.1f %.1f,%.1f %.1f,%.1f", x0, y0, x0,
            y0 + reach, x1, y1 - reach, x1, y1);
}

/* Up to a track between two lanes, along it, and on. */
static void elbow(FILE *out, double x0, double y0, double track, double x1,
                  double y1)
{
    double r = fmin(7, fabs(x1 - x0) / 2), side = x1 > x0 ? r : -r;
    double turn = y1 < y0 ? r : -r;

    fprintf(out,
            "M%.1f,%.1fV%.1fQ%.1f,%.1f %.1f,%.1fH%.1fQ%.1f,%.1f %.1f,%.1f"
            "V%.1f",
            x0, y0, track + turn, x0, track, x0 + side, track, x1 - side, x1,
            track, x1, track - turn, y1);
}

static void head(FILE *out, double x, double y, bool down)
{
    double back = down ? -7 : 7;

    fprintf(out, "M%.1f,%.1fl-4.2,%.1fh8.4z", x, y, back);
}

static double lane_end(const struct chart *chart, int i)
{
    const struct lane *lane = &chart->pen->story->lane[i];

    if (chart->end_step[i] >= 0)
        return chart_px(chart, chart->mark[chart->end_step[i]].x);
    return picture_ended(lane) ? chart_px(chart, lane->x1) : chart->width - 6;
}

/* When a lane's process became another program, whose calls nobody sees. */
static double unseen_from(const struct chart *chart, int i)
{
    const struct story *story = chart->pen->story;

    for (size_t k = 0; k < story->steps; k++)
        if (story->step[k].lane == i && story->step[k].kind == STEP_EXEC &&
            story->step[k].error == 0)
            return chart_px(chart, chart->mark[k].x);
    return lane_end(chart, i);
}

static void lane_lines(const struct chart *chart)
{
    FILE *out = chart->pen->out;

    for (int i = 0; i < chart->pen->story->lanes; i++) {
        double from = chart_px(chart, chart->birth[i]);
        double to = lane_end(chart, i), unseen = unseen_from(chart, i);
        double y = chart->y[i];
        fprintf(out,
                "<path class=\"lane\" data-lane=\"%d\" d=\"M%.1f,%.1fH%.1f\"/>",
                i, from, y, unseen);
        if (unseen < to)
            fprintf(out, "<path class=\"lane unseen\" d=\"M%.1f,%.1fH%.1f\"/>",
                    unseen, y, to);
        fputc('\n', out);
    }
}

static void forks(const struct chart *chart)
{
    const struct story *story = chart->pen->story;
    FILE *out = chart->pen->out;

    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        if (step->kind != STEP_FORK || step->peer < 0)
            continue;
        double x = chart_px(chart, chart->mark[i].x);
        double y0 = chart->y[step->lane], y1 = chart->y[step->peer];
        bool down = y1 > y0;
        double tip = down ? y1 - 2 : y1 + 2;
        fprintf(out,
                "<path class=\"fork\" d=\"M%.1f,%.1fV%.1f\"/>"
                "<path class=\"head\" d=\"",
                x, y0, down ? tip - 6 : tip + 6);
        head(out, x, tip, down);
        fputs("\"/>\n", out);
    }
}

/* From a child's end up to the wait that was told of it. */
static void reaps(const struct chart *chart)
{
    const struct story *story = chart->pen->story;
    FILE *out = chart->pen->out;

    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        bool wait = step->kind == STEP_WAIT && step->peer >= 0 && !step->stuck;
        bool kill = step->kind == STEP_SIGNAL && step->peer >= 0;
        if (step->error || (!wait && !kill) || step->peer == step->lane)
            continue;
        double x = chart_px(chart, chart->mark[i].x), y = chart->y[step->lane];
        double other = chart->y[step->peer];
        double side = other > y ? 1 : -1;
        fprintf(out, "<path class=\"%s\" d=\"", wait ? "reap" : "kill");
        if (wait) {
            elbow(out, lane_end(chart, step->peer), other - side * 7,
                  chart->track[step->peer + (side < 0)], x, y + side * 5);
            fputs("\"/>\n", out);
            continue;
        }
        bend(out, x, y, x, other - side * 8);
        fputs("\"/><path class=\"head\" d=\"", out);
        head(out, x, other - side * 2, side > 0);
        fputs("\"/>\n", out);
    }
}

/* Grey while it is in a call; red and dashed if it never comes back. */
static void bars(const struct chart *chart)
{
    const struct story *story = chart->pen->story;
    FILE *out = chart->pen->out;

    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        double y = chart->y[step->lane], from = chart_px(chart, step->x0);
        double to = chart_px(chart, step->x1);
        double mark = chart_px(chart, chart->mark[i].x);
        if (step->stuck) {
            from = mark + 2;
            fprintf(out,
                    "<rect class=\"stuck\" x=\"%.1f\" y=\"%.1f\" "
                    "width=\"%.1f\" height=\"14\" rx=\"7\"/>\n",
                    from, y - 7, chart->width - from - 6);
            continue;
        }
        if (!step->waited || to - from < 14)
            continue;
        if (mark <= from)
            from = mark;
        fprintf(out,
                "<rect class=\"wait\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" "
                "height=\"10\" rx=\"5\"/>\n",
                from, y - 5, to - from);
    }
}

/* To a lane further away: over to its time at once, then straight. */
static void reach(const struct chart *chart, int from, int to, double x0,
                  double x1, double tip)
{
    bool down = to > from;
    double y0 = chart->y[from] + (down ? CHART_DISC : -CHART_DISC);
    double y1 = chart->track[down ? from + 1 : from];

    bend(chart->pen->out, x0, y0, x1, y1 + (down ? 4 : -4));
    fprintf(chart->pen->out, "V%.1f", tip - (down ? 6 : -6));
}

static void crossings(const struct chart *chart)
{
    const struct story *story = chart->pen->story;
    FILE *out = chart->pen->out;

    for (size_t i = 0; i < story->crossings; i++) {
        const struct crossing *it = &story->crossing[i];
        const struct step *write = &story->step[it->write];
        const struct step *read = &story->step[it->read];
        double x0 = chart_px(chart, chart->mark[it->write].x);
        double x1 = chart_px(chart, chart->mark[it->read].x);
        double y0 = chart->y[write->lane], y1 = chart->y[read->lane];
        bool down = y1 > y0, same = write->lane == read->lane;
        double side = down || same ? CHART_DISC : -CHART_DISC;
        double tip = same ? y1 + CHART_DISC + 1 : y1 - side - (down ? 1 : -1);

        fprintf(out,
                "<g class=\"crossing c%d\" data-crossing=\"%zu\" "
                "data-write=\"%d\" data-read=\"%d\"><path class=\"line\" d=\"",
                write->channel < 0 ? 0
                                   : picture_colour(chart->pen, write->channel),
                i, it->write, it->read);
        if (same)
            fprintf(out, "M%.1f,%.1fC%.1f,%.1f %.1f,%.1f %.1f,%.1f", x0,
                    y0 + side, x0, y0 + 30, x1, y0 + 30, x1, tip + 6);
        else if (abs(read->lane - write->lane) > 1)
            reach(chart, write->lane, read->lane, x0, x1, tip);
        else
            bend(out, x0, y0 + side, x1, tip - (down ? 6 : -6));
        fputs("\"/><path class=\"tip\" d=\"", out);
        head(out, x1, tip, down && !same);
        fputs("\"/></g>\n", out);
    }
}

static void lane_names(const struct chart *chart)
{
    const struct pen *pen = chart->pen;

    for (int i = 0; i < pen->story->lanes; i++) {
        const struct lane *lane = &pen->story->lane[i];
        bool bad = lane->end == LANE_STUCK || lane->end == LANE_LOOPING;
        char *name = picture_lane(pen, i);
        char *cut = svg_cut(name, 104, 13, SVG_BOLD);
        fprintf(pen->out, "<g data-name=\"%d\">", i);
        picture_titled(pen, name);
        picture_say(pen, 6, chart->y[i] + 4.5,
                    bad ? "lanename bad" : "lanename", cut);
        if (*lane->program) {
            char *program =
                svg_cut(lane->program, chart->names - 14, 11, SVG_MONO);
            picture_say(pen, 6, chart->y[i] + 19, "mono soft", program);
            free(program);
        }
        fputs("</g>\n", pen->out);
        free(name);
        free(cut);
    }
}

static void open_svg(const struct chart *chart, double width, const char *class)
{
    fprintf(chart->pen->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"%s\" "
            "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\"",
            class, width, chart->height, width, chart->height);
}

static void drawing(const struct chart *chart)
{
    lane_lines(chart);
    forks(chart);
    reaps(chart);
    bars(chart);
    crossings(chart);
    chart_signs(chart);
}

static void alone_svg(const struct chart *chart)
{
    const struct pen *pen = chart->pen;
    double width = chart->names + chart->width;

    open_svg(chart, width, "pic log");
    fprintf(pen->out, " role=\"img\" lang=\"%s\">\n<title>",
            pen->chinese ? "zh-CN" : "en");
    fputs(picture_word(pen, "The log: who did what, and when"), pen->out);
    fprintf(pen->out, "</title>\n<style>%s%s</style>\n", picture_colours,
            picture_style);
    fprintf(pen->out, "<rect class=\"paper\" width=\"100%%\" height=\"100%%\" "
                      "rx=\"10\"/>\n<g>\n");
    lane_names(chart);
    fprintf(pen->out, "</g>\n<g transform=\"translate(%.1f,0)\">\n",
            chart->names);
    drawing(chart);
    fputs("</g>\n</svg>\n", pen->out);
}

void chart_svg(const struct pen *pen, bool alone)
{
    struct chart chart;

    chart_make(&chart, pen);
    if (alone) {
        alone_svg(&chart);
    } else {
        open_svg(&chart, chart.names, "pic names");
        fputs(" aria-hidden=\"true\">\n", pen->out);
        lane_names(&chart);
        fputs("</svg>\n", pen->out);
        open_svg(&chart, chart.width, "pic log");
        fputs(" role=\"group\" aria-labelledby=\"log-head\">\n", pen->out);
        drawing(&chart);
        fputs("</svg>\n", pen->out);
    }
    chart_clear(&chart);
}
