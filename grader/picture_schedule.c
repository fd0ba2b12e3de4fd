/*
 * picture_schedule.c — the order in which a test fails: time goes down, a
 * rail for each operation.
 *
 * Whoever has the turn has the thick rail. A line of the table is a row, so
 * that a row has one text only, which may run over the rails to its right.
 * Wide, the source stands beside it; narrow, a tap shows it.
 */
#include "picture_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "svg.h"
#include "text.h"

static const double ROW = 25, LEFT = 20, BESIDE = 15, SIZE = 12, EDGE = 12;
static const double HEAD_LINE = 19, GAP = 46;

struct sheet {
    const struct pen *pen;
    bool narrow;
    double width, height, top;
    double rail[INTERLEAVE_OPS];
    double places;  /* where file and line stand; 0: nowhere */
    double sources; /* … and the source */
    bool stairs;    /* a name in a line of its own each */
    char **label;   /* of each step */
};

static double row(const struct sheet *s, size_t step)
{
    return s->top + ((double)step + 0.5) * ROW;
}

static double text_end(const struct sheet *s, size_t i)
{
    return s->rail[s->pen->story->step[i].lane] + BESIDE +
           svg_width(s->label[i], SIZE, SVG_MONO);
}

/* --------------------------------------------------------------- measuring */

static char *state_of(const struct pen *pen, int lane)
{
    switch (pen->story->lane[lane].end) {
    case LANE_EXITED:
        return copy_text(tell_word(pen->chinese, "is done"));
    case LANE_STUCK:
        return copy_text(tell_word(pen->chinese, "waits for ever"));
    case LANE_KILLED:
        return picture_state(pen, lane);
    default:
        return copy_text("");
    }
}

static double name_width(const struct pen *pen, int lane)
{
    char *name = picture_lane(pen, lane), *state = state_of(pen, lane);
    double width = svg_width(name, 13, SVG_BOLD) + 8 +
                   svg_width(state, 11, SVG_PLAIN) + 10;

    free(name);
    free(state);
    return width;
}

static void make_labels(struct sheet *s)
{
    const struct story *story = s->pen->story;
    const struct schedule *from = story->schedule;
    char text[200];

    s->label = allocate((story->steps + 1) * sizeof(*s->label));
    for (size_t i = 0; i < story->steps; i++) {
        int columns = s->narrow ? 34 : 60;
        if (s->narrow && story->step[i].kind == STEP_SWITCH)
            snprintf(text, sizeof(text), "↯ %s",
                     tell_word(s->pen->chinese, "switched away"));
        else
            tell_item(text, sizeof(text), from->trace, &from->item[i], columns,
                      s->pen->chinese);
        s->label[i] = copy_text(text);
    }
}

/* The widest text of the lane. */
static double widest(const struct sheet *s, int lane)
{
    const struct story *story = s->pen->story;
    double most = 60;

    for (size_t i = 0; i < story->steps; i++)
        if (story->step[i].lane == lane)
            most = fmax(most, svg_width(s->label[i], SIZE, SVG_MONO));
    return most + BESIDE;
}

static double widest_place(const struct story *story)
{
    double most = 0;

    for (size_t i = 0; i < story->steps; i++)
        most = fmax(most, svg_width(story->step[i].where, 11, SVG_MONO));
    return most;
}

/* As far apart as the texts need, if there is so much room. */
static void place_rails(struct sheet *s, double limit)
{
    const struct story *story = s->pen->story;
    int lanes = story->lanes;
    double places = s->narrow ? 0 : widest_place(story) + 24;
    double room = limit - LEFT - widest(s, lanes - 1) - places - EDGE, stride;

    stride = s->narrow ? 60 : 90;
    for (int i = 0; i + 1 < lanes; i++)
        stride = fmax(stride, widest(s, i) + (s->narrow ? 16 : GAP));
    if (lanes > 1)
        stride = fmax(26, fmin(stride, room / (lanes - 1)));
    for (int i = 0; i < lanes; i++) {
        s->rail[i] = LEFT + i * stride;
        if (i + 1 < lanes && name_width(s->pen, i) > stride)
            s->stairs = true;
    }
    s->width = s->rail[lanes - 1] + widest(s, lanes - 1) + EDGE;
    s->width =
        fmax(s->width, s->rail[lanes - 1] + name_width(s->pen, lanes - 1));
    if (places > 24) {
        s->places = s->width + 12;
        s->width += places;
    }
    if (s->places > 0 && limit - s->width > 160) {
        s->sources = s->width;
        s->width = limit;
    }
    if (s->narrow)
        s->width = limit;
    s->top = s->stairs ? 12 + HEAD_LINE * lanes : 34;
    s->height = s->top + ROW * (double)story->steps + 12;
}

/* ------------------------------------------------------------------ rails */

static size_t lane_stops(const struct story *story, int lane)
{
    for (size_t i = 0; i < story->steps; i++)
        if (story->step[i].lane == lane && (story->step[i].kind == STEP_EXIT ||
                                            story->step[i].kind == STEP_DEATH))
            return i;
    return story->steps;
}

static size_t next_of_lane(const struct story *story, size_t i)
{
    int lane = story->step[i].lane;

    for (i++; i < story->steps && story->step[i].lane != lane;)
        i++;
    return i;
}

/* Asleep until its next step; for ever, if that one says so. */
static void draw_sleep(const struct sheet *s, size_t i)
{
    const struct story *story = s->pen->story;
    size_t next = next_of_lane(story, i);
    bool ever = next < story->steps && story->step[next].stuck;
    double from = row(s, i),
           to = next < story->steps ? row(s, next) : s->height;

    fprintf(s->pen->out,
            "<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" width=\"10\" "
            "height=\"%.1f\" rx=\"5\"/>\n",
            ever ? "stuck" : "wait", s->rail[story->step[i].lane] - 5, from - 5,
            to - from + 10);
}

/* Does the turn stay with the lane of step `from` up to step i? */
static bool has_turn(const struct story *story, size_t from, size_t i)
{
    return story->step[i].lane == story->step[from].lane &&
           story->step[i - 1].kind != STEP_SLEEP && !story->step[i].stuck;
}

static void draw_rails(const struct sheet *s)
{
    const struct story *story = s->pen->story;
    FILE *out = s->pen->out;

    for (int i = 0; i < story->lanes; i++) {
        size_t stop = lane_stops(story, i);
        double from = s->stairs ? 12 + HEAD_LINE * (i + 0.5) : s->top - 8;
        fprintf(out,
                "<path class=\"lane\" data-lane=\"%d\" "
                "d=\"M%.1f,%.1fV%.1f\"/>\n",
                i, s->rail[i], from,
                stop < story->steps ? row(s, stop) : s->height - 6);
    }
    for (size_t i = 0; i < story->steps; i++)
        if (story->step[i].kind == STEP_SLEEP)
            draw_sleep(s, i);
    for (size_t i = 0, end; i < story->steps; i = end) {
        for (end = i + 1; end < story->steps && has_turn(story, i, end);)
            end++;
        fprintf(out, "<path class=\"turn\" d=\"M%.1f,%.1fV%.1f\"/>\n",
                s->rail[story->step[i].lane], row(s, i), row(s, end - 1));
    }
}

/* The turn goes to another; red where the system takes it away. */
static void draw_hand(const struct sheet *s, size_t i)
{
    const struct step *from = &s->pen->story->step[i], *to = from + 1;
    double x0 = s->rail[from->lane], x1 = s->rail[to->lane];
    double y0 = row(s, i), y1 = row(s, i + 1), middle = (y0 + y1) / 2;
    double side = x1 > x0 ? 6 : -6;
    bool taken = from->kind == STEP_SWITCH;

    fprintf(s->pen->out,
            "<path class=\"%s\" d=\"M%.1f,%.1fV%.1fQ%.1f,%.1f %.1f,%.1f"
            "H%.1fQ%.1f,%.1f %.1f,%.1fV%.1f\"/>\n",
            taken ? "seize" : "hand", x0, y0, middle - 6, x0, middle, x0 + side,
            middle, x1 - side, x1, middle, x1, middle + 6, y1);
}

static void draw_hands(const struct sheet *s)
{
    const struct story *story = s->pen->story;

    for (size_t i = 0; i + 1 < story->steps; i++)
        if (story->step[i].lane != story->step[i + 1].lane &&
            !story->step[i + 1].stuck)
            draw_hand(s, i);
}

/* --------------------------------------------------------------- crossings */

static void arrow_head(FILE *out, double x, double y, double back)
{
    fprintf(out, "\"/><path class=\"tip\" d=\"M%.1f,%.1fl%.1f,-4.2v8.4z\"/>", x,
            y, back);
}

/* Along a track beside the rail to the right: behind the text on the left,
 * and before the sign on the right. */
static void draw_crossing(const struct sheet *s, size_t i)
{
    const struct story *story = s->pen->story;
    const struct crossing *it = &story->crossing[i];
    size_t write = (size_t)it->write, read = (size_t)it->read;
    bool right = story->step[read].lane > story->step[write].lane;
    size_t left_step = right ? write : read, right_step = right ? read : write;
    double rail = s->rail[story->step[right_step].lane];
    double text = text_end(s, left_step) + 7, sign = rail - 9;
    double track = rail - 19 - 5 * (double)(i % 3);
    double y0 = row(s, write), y1 = row(s, read), r = 6;
    FILE *out = s->pen->out;

    if (track < text + 8)
        track = rail - 17;
    fprintf(out,
            "<g class=\"crossing c%d\" data-crossing=\"%zu\" "
            "data-write=\"%d\" data-read=\"%d\"><path class=\"line\" d=\"",
            picture_colour(s->pen, story->step[write].channel), i, it->write,
            it->read);
    if (right) {
        if (text < track - r)
            fprintf(out, "M%.1f,%.1fH%.1fQ%.1f,%.1f %.1f,%.1f", text, y0,
                    track - r, track, y0, track, y0 + r);
        else
            fprintf(out, "M%.1f,%.1f", track, y0 + 9);
        fprintf(out, "V%.1fQ%.1f,%.1f %.1f,%.1fH%.1f", y1 - r, track, y1,
                track + r, y1, sign - 6);
        arrow_head(out, sign, y1, -7);
    } else {
        fprintf(out, "M%.1f,%.1fH%.1fQ%.1f,%.1f %.1f,%.1f", sign, y0, track + r,
                track, y0, track, y0 + r);
        if (text < track - 14) {
            fprintf(out, "V%.1fQ%.1f,%.1f %.1f,%.1fH%.1f", y1 - r, track, y1,
                    track - r, y1, text + 6);
            arrow_head(out, text, y1, 7);
        } else {
            fprintf(out,
                    "V%.1f\"/><path class=\"tip\" d=\"M%.1f,%.1fl-4.2,-7"
                    "h8.4z\"/>",
                    y1 - 15, track, y1 - 8);
        }
    }
    fputs("</g>\n", out);
}

/* ------------------------------------------------------------------- steps */

static const char *sign_of(const struct step *step)
{
    if (step->stuck)
        return "<circle class=\"halt\" r=\"5\"/>";
    switch (step->kind) {
    case STEP_READ:
        return "<circle class=\"ring\" r=\"5\"/>";
    case STEP_WRITE:
        return "<circle class=\"full\" r=\"5.5\"/>";
    case STEP_CHANGE:
        return "<circle class=\"ring\" r=\"6.5\"/>"
               "<circle class=\"full\" r=\"3.6\"/>";
    case STEP_EXIT:
        return "<circle class=\"exit\" r=\"5.5\"/>";
    case STEP_DEATH:
        return "<path class=\"death\" d=\"M-5.5,-5.5l11,11m0,-11l-11,11\"/>";
    case STEP_SWITCH:
        return "<circle class=\"halt\" r=\"8\"/>"
               "<path class=\"bolt\" d=\"M1.6,-5.4l-4.6,6h2.8l-1.6,4.8"
               "l4.8,-6.2h-2.8z\"/>";
    case STEP_SLEEP:
        return "<circle class=\"hollow\" r=\"4\"/>";
    case STEP_AGAIN:
        return "<rect class=\"paper\" x=\"-4\" y=\"-9\" width=\"8\" "
               "height=\"18\"/>"
               "<path class=\"again\" d=\"M0,-7v14\"/>";
    case STEP_SAY:
        return "<path class=\"full\" d=\"M-4.5,-4.5h9v7h-4l-3,3.4v-3.4h-2z\"/>";
    default:
        return "<rect class=\"full\" x=\"-4.5\" y=\"-4.5\" width=\"9\" "
               "height=\"9\" rx=\"2\"/>";
    }
}

/* The place in its colour. */
static void draw_text(const struct sheet *s, size_t i)
{
    const struct story *story = s->pen->story;
    const struct step *step = &story->step[i];
    const char *label = s->label[i], *place = NULL;
    const char *name =
        step->channel >= 0 ? story->channel[step->channel].name : "";
    FILE *out = s->pen->out;

    if (*name)
        place = strstr(label, name);
    if (step->kind == STEP_SWITCH)
        label += strcspn(label, " ") + 1; /* the sign is drawn */
    fprintf(out, "<text class=\"act%s\" x=\"%.1f\" y=\"4.3\">",
            step->stuck || step->wrong || step->kind == STEP_SWITCH ? " bad"
            : step->kind == STEP_AGAIN || step->kind == STEP_EXIT   ? " soft"
                                                                    : "",
            BESIDE);
    if (place) {
        char *before = format_text("%.*s", (int)(place - label), label);
        svg_text(out, before);
        fputs("<tspan class=\"place\">", out);
        svg_text(out, name);
        fputs("</tspan>", out);
        svg_text(out, place + strlen(name));
        free(before);
    } else {
        svg_text(out, label);
    }
    fputs("</text>", out);
}

static void draw_source(const struct sheet *s, const struct step *step,
                        double rail)
{
    if (s->places > 0 && *step->where)
        picture_say(s->pen, s->places - rail, 4, "mono soft", step->where);
    if (s->sources > 0 && *step->preview) {
        char *cut =
            svg_cut(step->preview, s->width - s->sources - EDGE, 11, SVG_MONO);
        picture_say(s->pen, s->sources - rail, 4, "mono", cut);
        free(cut);
    }
}

/* All that is known of it, a line each. */
static char *title_of(const struct sheet *s, size_t i)
{
    const struct step *step = &s->pen->story->step[i];
    char *lane = picture_lane(s->pen, step->lane);
    char *title = format_text("%s\n%s%s%s%s%s", lane, s->label[i],
                              *step->where ? "\n" : "", step->where,
                              *step->preview ? "\n" : "", step->preview);

    free(lane);
    return title;
}

static void draw_step(const struct sheet *s, size_t i)
{
    const struct step *step = &s->pen->story->step[i];
    double rail = s->rail[step->lane];
    bool alarm = step->kind == STEP_SWITCH || step->stuck || step->wrong;
    char *title = title_of(s, i);
    FILE *out = s->pen->out;

    fprintf(out, "<g class=\"step%s", alarm ? " alarmed" : "");
    if (step->channel >= 0)
        fprintf(out, " c%d\" data-channel=\"%d",
                picture_colour(s->pen, step->channel), step->channel);
    fprintf(out,
            "\" data-step=\"%zu\" tabindex=\"-1\" "
            "transform=\"translate(%.1f,%.1f)\">",
            i, rail, row(s, i));
    picture_titled(s->pen, title);
    fprintf(out,
            "<rect class=\"touch\" x=\"-11\" y=\"-11.5\" width=\"%.1f\" "
            "height=\"23\" rx=\"7\"/>",
            s->width - rail + 5);
    fputs(sign_of(step), out);
    draw_text(s, i);
    draw_source(s, step, rail);
    fputs("</g>\n", out);
    free(title);
}

static void draw_name(const struct sheet *s, int i)
{
    const struct pen *pen = s->pen;
    const struct lane *lane = &pen->story->lane[i];
    bool bad = lane->end == LANE_STUCK || lane->end == LANE_KILLED;
    char *name = picture_lane(pen, i), *state = state_of(pen, i);
    double y = s->stairs ? 8 + HEAD_LINE * (i + 0.5) : 18;
    double x = s->rail[i] - (s->stairs ? -8 : 5);

    fprintf(pen->out, "<g data-name=\"%d\">", i);
    picture_say(pen, x, y, bad ? "lanename bad" : "lanename", name);
    if (*state)
        picture_say(pen, x + svg_width(name, 13, SVG_BOLD) + 8, y,
                    bad ? "small bad" : "small soft", state);
    fputs("</g>\n", pen->out);
    free(name);
    free(state);
}

static void draw(const struct sheet *s)
{
    const struct story *story = s->pen->story;

    draw_rails(s);
    draw_hands(s);
    for (size_t i = 0; i < story->crossings; i++)
        draw_crossing(s, i);
    for (size_t i = 0; i < story->steps; i++)
        draw_step(s, i);
    for (int i = 0; i < story->lanes; i++)
        draw_name(s, i);
}

void schedule_svg(const struct pen *pen, double width, bool narrow, bool alone,
                  const char *class)
{
    struct sheet s = {.pen = pen, .narrow = narrow};

    make_labels(&s);
    place_rails(&s, width);
    fprintf(pen->out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"pic log %s\" "
            "width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\" ",
            class, s.width, s.height, s.width, s.height);
    if (alone)
        fprintf(pen->out,
                "role=\"img\" lang=\"%s\">\n<title>%s</title>\n"
                "<style>%s%s%s</style>\n<rect class=\"paper\" width=\"100%%\" "
                "height=\"100%%\" rx=\"10\"/>\n",
                pen->chinese ? "zh-CN" : "en",
                picture_word(pen, "The order: who did what, step by step"),
                picture_colours, picture_style, picture_schedule_style);
    else
        fputs("role=\"group\" aria-labelledby=\"log-head\">\n", pen->out);
    draw(&s);
    fputs("</svg>\n", pen->out);
    for (size_t i = 0; i < pen->story->steps; i++)
        free(s.label[i]);
    free(s.label);
}
