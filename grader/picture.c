/*
 * picture.c — the page: what is wrong, the map, the log.
 *
 * One file that needs nothing else and asks nobody: its style and script are
 * in it, and its policy forbids the rest. Without the script it still shows
 * everything; every step then tells what it is by a tooltip.
 */
#include "picture_parts.h"

#include <stdlib.h>
#include <string.h>

#include "svg.h"
#include "text.h"

static const double WIDE = 1020, NARROW = 358;

/* wide: of a screen that is less, the narrow drawing is for. */
static void head(const struct pen *pen, const char *title, double wide)
{
    FILE *out = pen->out;

    fprintf(out,
            "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n"
            "<meta charset=\"utf-8\">\n"
            "<meta http-equiv=\"Content-Security-Policy\" "
            "content=\"default-src 'none'; style-src 'unsafe-inline'; "
            "script-src 'unsafe-inline'; base-uri 'none'; "
            "form-action 'none'\">\n"
            "<meta name=\"viewport\" content=\"width=device-width, "
            "initial-scale=1\">\n<title>",
            pen->chinese ? "zh-CN" : "en");
    svg_text(out, title);
    fprintf(out, "</title>\n<style>%s%s%s%s", picture_colours, picture_style,
            pen->story->schedule ? picture_schedule_style : "",
            picture_page_style);
    fprintf(
        out,
        "@media(max-width:%.0fpx){.wide,#log .wide{display:none}"
        ".slim,#log .slim{display:block}}</style>\n</head>\n<body>\n<main>\n",
        wide);
}

static const char *mood(enum verdict verdict)
{
    switch (verdict) {
    case V_PASSED:
        return "verdict good";
    case V_SKIPPED:
    case V_NOT_STARTED:
    case V_GRADER_FAULT:
        return "verdict calm";
    default:
        return "verdict";
    }
}

static void heading(const struct pen *pen, const char *fact)
{
    const struct story *story = pen->story;
    FILE *out = pen->out;

    fputs("<h1><small>", out);
    svg_text(out, story->exercise);
    fputs("</small>", out);
    svg_text(out, fact);
    if (!story->program || story->verdict != V_PASSED) {
        fprintf(out, " <span class=\"%s\">", mood(story->verdict));
        svg_text(out, picture_word(pen, verdict_word(story->verdict)));
        fputs("</span>", out);
    }
    fputs("</h1>\n", out);
    if (*story->headline) {
        fputs("<p class=\"headline\">", out);
        svg_text(out, story->headline);
        fputs("</p>\n", out);
    }
    if (story->more_lanes > 0) {
        fputs("<p class=\"note\">", out);
        fprintf(out, picture_word(pen, "%d more processes are not shown."),
                story->more_lanes);
        fputs("</p>\n", out);
    }
    if (story->cut)
        fprintf(out, "<p class=\"note\">%s</p>\n",
                picture_word(pen, "The logbook keeps the last calls only: "
                                  "the beginning is missing."));
}

/* The lanes that do it to the place. */
static char *lanes_that(const struct pen *pen, int place, enum step_kind does)
{
    const struct story *story = pen->story;
    char *list = copy_text("");

    for (int lane = 0; lane < story->lanes; lane++) {
        bool is = false;
        for (size_t i = 0; i < story->steps; i++)
            is |= story->step[i].lane == lane &&
                  story->step[i].channel == place &&
                  (story->step[i].kind == does ||
                   story->step[i].kind == STEP_CHANGE);
        if (!is)
            continue;
        char *more =
            format_text("%s%s%s", list, *list ? picture_word(pen, ", ") : "",
                        story->lane[lane].name);
        free(list);
        list = more;
    }
    return list;
}

/* What the place is, where only calls are about it: "sem_wait". */
static char *calls_on(const struct pen *pen, int place)
{
    const struct schedule *s = pen->story->schedule;

    for (size_t i = 0; i < pen->story->steps; i++) {
        const struct interleave_step *step = &s->trace->step[s->item[i].first];
        if (pen->story->step[i].channel == place && step->act == ACT_CALL)
            return text_line(step->call ? step->call : "", 32);
    }
    return copy_text("");
}

/* Each place in shared memory with its colour, and who uses it. */
static void places(const struct pen *pen)
{
    fputs("<ul class=\"channels\">\n", pen->out);
    for (int i = 0; i < pen->story->channels; i++) {
        char *writers = lanes_that(pen, i, STEP_WRITE);
        char *readers = lanes_that(pen, i, STEP_READ);
        fprintf(pen->out, "<li class=\"c%d\" data-channel=\"%d\"><i>&#160;</i>",
                picture_colour(pen, i), i);
        svg_text(pen->out, pen->story->channel[i].name);
        fputs(" <span>", pen->out);
        if (*writers) {
            fputs(picture_word(pen, "written by "), pen->out);
            svg_text(pen->out, writers);
        }
        if (*writers && *readers)
            fputs(picture_word(pen, "; "), pen->out);
        if (*readers) {
            fputs(picture_word(pen, "read by "), pen->out);
            svg_text(pen->out, readers);
        }
        if (!*writers && !*readers) {
            char *call = calls_on(pen, i);
            svg_text(pen->out, call);
            free(call);
        }
        fputs("</span></li>\n", pen->out);
        free(writers);
        free(readers);
    }
    fputs("</ul>\n", pen->out);
}

/* Each channel with its colour, and what went through it. */
static void channels(const struct pen *pen)
{
    const struct story *story = pen->story;

    if (story->schedule) {
        places(pen);
        return;
    }
    if (story->channels > 0)
        fputs("<ul class=\"channels\">\n", pen->out);
    for (int i = 0; i < story->channels; i++) {
        long bytes = 0;
        for (size_t k = 0; k < story->flows; k++) {
            long more = story->flow[k].bytes;
            if (story->flow[k].channel == i)
                bytes = bytes < 0 || more < 0 ? -1 : bytes + more;
        }
        char *name = picture_channel(pen, i);
        char *crossed = picture_bytes(pen, bytes);
        fprintf(pen->out, "<li class=\"c%d\" data-channel=\"%d\"><i>%c</i>",
                picture_colour(pen, i), i, picture_letter(pen, i));
        svg_text(pen->out, name);
        fputs(" <span>", pen->out);
        svg_text(pen->out,
                 bytes == 0 ? picture_word(pen, "nothing crossed") : crossed);
        if (story->channel[i].waiting > 0) {
            fputs(picture_word(pen, ", "), pen->out);
            char *waiting = picture_bytes(pen, story->channel[i].waiting);
            fprintf(pen->out, picture_word(pen, "%s not read"), waiting);
            free(waiting);
        }
        fputs("</span></li>\n", pen->out);
        free(name);
        free(crossed);
    }
    if (story->channels > 0)
        fputs("</ul>\n", pen->out);
}

static void map(const struct pen *pen)
{
    fprintf(pen->out,
            "<section>\n<h2>%s</h2>\n<p>%s</p>\n"
            "<div class=\"mapbox\">\n",
            picture_word(pen, "The map"),
            picture_word(pen, "who is there at the end, what crossed, and "
                              "who holds which end"));
    map_svg(pen, WIDE, false, "wide");
    map_svg(pen, NARROW, false, "slim");
    fputs("</div>\n</section>\n", pen->out);
}

static void log_section(const struct pen *pen)
{
    fprintf(pen->out,
            "<section>\n<h2 id=\"log-head\">%s</h2>\n<p>%s</p>\n"
            "<div class=\"scroll\" id=\"log\" tabindex=\"0\" role=\"region\" "
            "aria-labelledby=\"log-head\">\n",
            picture_word(pen, "The log"),
            picture_word(pen, "every call in its order; time is stretched "
                              "so that each can be seen"));
    chart_svg(pen, false);
    fputs("</div>\n", pen->out);
}

static void order_section(const struct pen *pen)
{
    fprintf(pen->out,
            "<section>\n<h2 id=\"log-head\">%s</h2>\n<p>%s</p>\n"
            "<div class=\"scroll\" id=\"log\" data-down tabindex=\"0\" "
            "role=\"region\" aria-labelledby=\"log-head\">\n",
            picture_word(pen, "The order"),
            picture_word(pen, "time goes down; the thick line has the turn; "
                              "A+8 is byte 8 of the shared memory"));
    schedule_svg(pen, WIDE - 4, false, false, "wide");
    schedule_svg(pen, NARROW + 4, true, false, "slim");
    fputs("</div>\n", pen->out);
}

/* The signs that occur, and what they mean. */
static void key(const struct pen *pen)
{
    static const struct {
        const char *sign, *words;
    } entry[] = {
        {"<circle class=\"full c0\" cx=\"11\" cy=\"11\" r=\"7\"/>",
         "writes, or could"},
        {"<circle class=\"ring c0\" cx=\"11\" cy=\"11\" r=\"7\"/>",
         "reads, or could"},
        {"<path class=\"close c0\" d=\"M6,6l10,10m0,-10l-10,10\"/>",
         "closes an end: w to write, r to read"},
        {"<rect class=\"bar c0\" x=\"9\" y=\"1\" width=\"4.5\" "
         "height=\"20\"/>",
         "end of file: nobody can write any more"},
        {"<rect class=\"wait\" x=\"1\" y=\"6\" width=\"20\" height=\"10\" "
         "rx=\"5\"/>",
         "waits in a call"},
        {"<rect class=\"stuck\" x=\"1\" y=\"5\" width=\"20\" height=\"12\" "
         "rx=\"6\"/>",
         "waits for ever"},
        {"<circle class=\"ring\" cx=\"11\" cy=\"11\" r=\"5\"/>", "reads"},
        {"<circle class=\"full\" cx=\"11\" cy=\"11\" r=\"5.5\"/>", "writes"},
        {"<circle class=\"ring\" cx=\"11\" cy=\"11\" r=\"6.5\"/>"
         "<circle class=\"full\" cx=\"11\" cy=\"11\" r=\"3.6\"/>",
         "reads and writes at once"},
        {"<rect class=\"wait\" x=\"6\" y=\"1\" width=\"10\" height=\"20\" "
         "rx=\"5\"/>",
         "sleeps"},
        {"<rect class=\"stuck\" x=\"6\" y=\"1\" width=\"10\" height=\"20\" "
         "rx=\"5\"/>",
         "waits for ever"},
        {"<path class=\"seize\" d=\"M4,2v9h14v9\"/>",
         "the system switches here, to another"},
        {"<circle class=\"blame\" cx=\"11\" cy=\"11\" r=\"9\"/>"
         "<path class=\"missing\" d=\"M7,7l8,8m0,-8l-8,8\"/>",
         "should be closed here, and is not"},
        {"<circle class=\"ring c0\" cx=\"11\" cy=\"11\" r=\"9\"/>"
         "<circle class=\"full c0\" cx=\"11\" cy=\"11\" r=\"6\"/>",
         "connects: the arrow leads to who accepts"},
    };
    const struct story *story = pen->story;
    bool there[sizeof entry / sizeof entry[0]] = {false};

    for (size_t i = 0; story->schedule && i < story->steps; i++) {
        const struct step *step = &story->step[i];
        there[6] |= step->kind == STEP_READ;
        there[7] |= step->kind == STEP_WRITE;
        there[8] |= step->kind == STEP_CHANGE;
        there[9] |= step->kind == STEP_SLEEP;
        there[10] |= step->stuck;
        there[11] |= step->kind == STEP_SWITCH;
    }
    for (size_t i = 0; !story->schedule && i < story->steps; i++) {
        const struct step *step = &story->step[i];
        there[0] |= step->kind == STEP_WRITE;
        there[1] |= step->kind == STEP_READ;
        there[2] |= step->kind == STEP_CLOSE;
        there[3] |= step->kind == STEP_END;
        there[4] |= step->waited;
        there[13] |= step->kind == STEP_CONNECT && !step->error;
        there[5] |= step->stuck;
    }
    for (size_t i = 0; i < story->holds; i++)
        there[12] |= story->hold[i].wrong;
    fputs("<ul class=\"key\">\n", pen->out);
    for (size_t i = 0; i < sizeof entry / sizeof entry[0]; i++)
        if (there[i])
            fprintf(pen->out,
                    "<li><svg width=\"22\" height=\"22\" aria-hidden=\"true\">"
                    "%s</svg>%s</li>\n",
                    entry[i].sign, picture_word(pen, entry[i].words));
    fputs("</ul>\n</section>\n", pen->out);
}

/* The same in words, for people who do not see it and machines that test. */
static void text(const struct pen *pen)
{
    char *log = NULL;
    size_t size;
    FILE *out = open_memstream(&log, &size);

    if (!out)
        return;
    log_write(out, pen->story, pen->chinese);
    fclose(out);
    fprintf(pen->out, "<details>\n<summary>%s</summary>\n<pre>",
            picture_word(pen, "The same in words"));
    svg_text(pen->out, log);
    fputs("</pre>\n</details>\n</main>\n", pen->out);
    free(log);
    fputs("<script type=\"application/json\" id=\"story\">", pen->out);
    story_json(pen->out, pen->story);
    fprintf(pen->out,
            "</script>\n<div id=\"strip\" role=\"status\" hidden><div>"
            "<span>%s</span></div></div>\n<script>%s</script>\n"
            "</body>\n</html>\n",
            picture_word(pen, "Point at a step, or tap it, to see the call. "
                              "The arrow keys go from step to step."),
            picture_script);
}

void picture_write(FILE *out, const struct story *story, bool chinese)
{
    struct pen pen = {out, story, chinese};
    const char *slash = strrchr(story->exercise, '/');
    const char *stem = slash ? slash + 1 : story->exercise;
    char *fact = text_sentence(story->program ? stem : story->fact, 120);
    char *title = format_text("%s: %s", stem, fact);

    head(&pen, title,
         story->schedule ? 700 : map_width(&pen, WIDE) * 0.86 + 40);
    heading(&pen, fact);
    channels(&pen);
    if (story->schedule) {
        order_section(&pen);
    } else {
        map(&pen);
        log_section(&pen);
    }
    key(&pen);
    text(&pen);
    free(title);
    free(fact);
}

void picture_map(FILE *out, const struct story *story, bool chinese)
{
    struct pen pen = {out, story, chinese};

    map_svg(&pen, 840, true, "alone");
}

void picture_log(FILE *out, const struct story *story, bool chinese)
{
    struct pen pen = {out, story, chinese};

    if (story->schedule)
        schedule_svg(&pen, 840, false, true, "alone");
    else
        chart_svg(&pen, true);
}
