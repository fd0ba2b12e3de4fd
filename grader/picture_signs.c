/*
 * picture_signs.c — the signs of the log: one for each step, with its words.
 */
#include "picture_chart.h"

#include <stdlib.h>

/* Around the point where the step is. */
static const char cross[] = "d=\"M-4.6,-4.6l9.2,9.2m0,-9.2l-9.2,9.2\"/>";
static const char ended[] = "<circle class=\"exit\" r=\"5.5\"/>";
static const char killed[] =
    "<path class=\"death\" d=\"M-5.5,-5.5l11,11m0,-11l-11,11\"/>";

static const char *const sign[] = {
    [STEP_FORK] = "<circle class=\"dot\" r=\"4\"/>",
    [STEP_EXEC] = "<path class=\"dot\" d=\"M-4,-6.5l9,6.5l-9,6.5z\"/>",
    [STEP_MAKE] = "<rect class=\"full\" x=\"-7.5\" y=\"-7.5\" width=\"15\" "
                  "height=\"15\" rx=\"2.5\"/>",
    [STEP_WRITE] = "<circle class=\"dot\" r=\"4.5\"/>",
    [STEP_READ] = "<circle class=\"hollow\" r=\"4.5\"/>",
    [STEP_END] = "<rect class=\"bar\" x=\"-2.2\" y=\"-11\" width=\"4.5\" "
                 "height=\"22\" rx=\"1\"/>",
    [STEP_CLOSE] = "<path class=\"close\" ",
    [STEP_DUP] = "<path class=\"ring\" d=\"M0,-7l7,7l-7,7l-7,-7z\"/>",
    [STEP_WAIT] = "<circle class=\"hollow\" r=\"4\"/>",
    [STEP_POLL] = "<path class=\"tick\" d=\"M0,-5v10\"/>",
    [STEP_SIGNAL] = "<circle class=\"dot\" r=\"4\"/>",
    [STEP_EXIT] = ended,
    [STEP_DEATH] = killed,
    [STEP_AGAIN] = "<path class=\"again\" d=\"M-7,0h14\"/>",
    [STEP_CHANGE] = "<circle class=\"dot\" r=\"4.5\"/>",
    [STEP_SLEEP] = "<circle class=\"hollow\" r=\"4\"/>",
    [STEP_SWITCH] = "<circle class=\"halt\" r=\"4.5\"/>",
    [STEP_SAY] = "<path class=\"tick\" d=\"M0,-5v10\"/>",
    [STEP_CONNECT] = "<path class=\"tick\" d=\"M0,-5v10\"/>",
    [STEP_ACCEPT] = "<path class=\"tick\" d=\"M0,-5v10\"/>",
    [STEP_SHUT] = "<path class=\"close\" ",
    [STEP_OTHER] = "<path class=\"tick\" d=\"M0,-5v10\"/>",
};

static void draw_sign(const struct pen *pen, const struct step *step)
{
    bool channel = step->channel >= 0;
    bool bytes = step->kind == STEP_WRITE || step->kind == STEP_READ;
    bool met = step->error == 0;

    if (channel && (bytes || step->stuck)) {
        picture_disc(pen, 0, 0, CHART_DISC, step->channel,
                     step->kind == STEP_WRITE ? DISC_WRITES : DISC_READS);
        return;
    }
    if (step->stuck) {
        fputs("<circle class=\"halt\" r=\"4.5\"/>", pen->out);
        return;
    }
    if (met && channel && step->kind == STEP_CONNECT) {
        picture_disc(pen, 0, 0, CHART_DISC, step->channel, DISC_BOTH);
        return;
    }
    fputs(sign[step->kind == STEP_ACCEPT && met ? STEP_MAKE : step->kind],
          pen->out);
    if (step->kind == STEP_CLOSE || step->kind == STEP_SHUT)
        fputs(cross, pen->out);
    if (channel &&
        (step->kind == STEP_MAKE || (step->kind == STEP_ACCEPT && met)))
        fprintf(pen->out, "<text class=\"letter on\" y=\"3.7\">%c</text>",
                picture_letter(pen, step->channel));
}

/* edge: how far it is to the right edge. */
static void draw_label(const struct pen *pen, const struct mark *mark,
                       bool wrong, double edge)
{
    static const double height[] = {[ABOVE] = -14, [ON] = 4, [BELOW] = 23};
    char class[64];
    double x = 0;

    if (!mark->label)
        return;
    bool middle = !mark->start && !mark->end;
    snprintf(class, sizeof class, "%s%s", mark->class,
             middle      ? " mid"
             : mark->end ? " right"
                         : "");
    if (mark->row == ON)
        x = wrong ? 15 : 11;
    else if (mark->end)
        x = edge - 8;
    else if (mark->start)
        x = 9;
    picture_say(pen, x, height[mark->row], class, mark->label);
}

static void draw_step(const struct chart *chart, size_t i)
{
    const struct pen *pen = chart->pen;
    const struct step *it = &pen->story->step[i];
    double x = chart_px(chart, chart->mark[i].x);
    char *title = picture_title(pen, it);

    fputs("<g class=\"step", pen->out);
    if (it->channel >= 0)
        fprintf(pen->out, " c%d\" data-channel=\"%d",
                picture_colour(pen, it->channel), it->channel);
    fprintf(pen->out,
            "\" data-step=\"%zu\" tabindex=\"-1\" "
            "transform=\"translate(%.1f,%.1f)\">",
            i, x, chart->y[it->lane]);
    picture_titled(pen, title);
    fputs("<rect class=\"touch\" x=\"-12\" y=\"-12\" width=\"24\" "
          "height=\"24\" rx=\"7\"/>",
          pen->out);
    draw_sign(pen, it);
    if (it->wrong && !it->stuck)
        fputs("<circle class=\"blame\" r=\"12\"/>", pen->out);
    draw_label(pen, &chart->mark[i], it->wrong, chart->width - x);
    fputs("</g>\n", pen->out);
    free(title);
}

/* Where a process ended, or stopped, that made no call about it. */
static void draw_end(const struct chart *chart, int i)
{
    const struct pen *pen = chart->pen;
    const struct lane *lane = &pen->story->lane[i];
    bool dead = lane->end == LANE_KILLED, gone = picture_ended(lane);
    double x = chart_px(chart, gone ? lane->x1 : chart->halt[i]);

    fprintf(pen->out, "<g transform=\"translate(%.1f,%.1f)\">", x, chart->y[i]);
    if (gone) {
        fputs(dead ? killed : ended, pen->out);
        picture_say(pen, 11, 4, dead ? "alarm" : "small", chart->end_label[i]);
    } else {
        fprintf(pen->out,
                "<rect class=\"stuck\" x=\"13\" y=\"-7\" width=\"%.1f\" "
                "height=\"14\" rx=\"7\"/>",
                chart->width - x - 19);
        picture_say(pen, chart->width - x - 8, -14, "alarm right",
                    chart->end_label[i]);
    }
    fputs("</g>\n", pen->out);
}

static void draw_ghost(const struct chart *chart, const struct ghost *ghost)
{
    const struct pen *pen = chart->pen;
    const struct hold *hold = &pen->story->hold[ghost->hold];
    char *title = picture_hold(pen, hold);

    fprintf(pen->out,
            "<g class=\"ghost\" data-ghost=\"%zu\" "
            "transform=\"translate(%.1f,%.1f)\">",
            ghost->hold, chart_px(chart, ghost->x), chart->y[hold->lane]);
    picture_titled(pen, title);
    fprintf(pen->out,
            "<circle class=\"blame\" r=\"10\"/><path class=\"missing\" %s",
            cross);
    picture_say(pen, 0, 23, "alarm mid", ghost->label);
    fputs("</g>\n", pen->out);
    free(title);
}

void chart_signs(const struct chart *chart)
{
    const struct story *story = chart->pen->story;

    for (size_t i = 0; i < story->steps; i++)
        draw_step(chart, i);
    for (int i = 0; i < story->lanes; i++)
        if (chart->end_label[i])
            draw_end(chart, i);
    for (size_t i = 0; i < chart->ghosts; i++)
        draw_ghost(chart, &chart->ghost[i]);
}
