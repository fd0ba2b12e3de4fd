/*
 * picture_labels.c — the words beside the steps of the log.
 */
#include "picture_chart.h"

#include <stdlib.h>
#include <string.h>

#include "result.h"
#include "svg.h"
#include "text.h"

enum { MANY_STEPS = 160, PREVIEW_COLUMNS = 15, PLIGHT_COLUMNS = 56 };

/* In which row, and how it looks; small and below where nothing is said. */
static const struct {
    enum row row;
    const char *class;
} look[] = {
    [STEP_FORK] = {BELOW, "small"},       [STEP_EXEC] = {ABOVE, "mono"},
    [STEP_MAKE] = {ABOVE, "name tint"},   [STEP_WRITE] = {ABOVE, "mono"},
    [STEP_READ] = {ABOVE, "mono"},        [STEP_END] = {BELOW, "small"},
    [STEP_CLOSE] = {BELOW, "small tint"}, [STEP_DUP] = {BELOW, "small"},
    [STEP_WAIT] = {BELOW, "small"},       [STEP_POLL] = {BELOW, "small"},
    [STEP_SIGNAL] = {ABOVE, "small"},     [STEP_EXIT] = {BELOW, "small"},
    [STEP_DEATH] = {BELOW, "alarm"},      [STEP_AGAIN] = {BELOW, "small"},
    [STEP_OTHER] = {BELOW, "small"},      [STEP_CONNECT] = {ABOVE, "small"},
    [STEP_ACCEPT] = {ABOVE, "name tint"}, [STEP_SHUT] = {BELOW, "small tint"},
};

/* "hello\n" ×3 */
static char *preview(const struct pen *pen, const struct step *step)
{
    char *cut = text_line(step->preview, PREVIEW_COLUMNS), *label;
    char *bytes = *cut ? copy_text("") : picture_bytes(pen, step->bytes);

    if (step->times > 1)
        label = format_text("%s%s ×%d", cut, bytes, step->times);
    else
        label = format_text("%s%s", cut, bytes);
    free(cut);
    free(bytes);
    return label;
}

static bool leads_one_way(const struct channel *it)
{
    return it->kind == CH_PIPE || it->kind == CH_FIFO;
}

/* "A w": which end of which channel. */
static char *which_end(const struct pen *pen, const struct step *step)
{
    const char *end = step->writing_end ? " w" : " r";

    if (step->channel < 0)
        return NULL;
    if (!leads_one_way(&pen->story->channel[step->channel]))
        return format_text("%c", picture_letter(pen, step->channel));
    return format_text("%c%s", picture_letter(pen, step->channel),
                       picture_word(pen, end));
}

/* "B" or, of what has no letter, "fd 5": what a message carries. */
static char *carried(const struct pen *pen, const struct step *step)
{
    if (step->passed_channel < 0)
        return format_text("[fd %d]", step->passed_fd);
    return format_text("[fd %d = %c]", step->passed_fd,
                       picture_letter(pen, step->passed_channel));
}

/* "listen", or the name a socket gets. */
static char *other(const struct pen *pen, const struct step *step)
{
    if (strncmp(step->call, "listen(", 7) == 0)
        return copy_text(picture_word(pen, "listen"));
    return *step->address ? text_line(step->address, 22) : NULL;
}

/* The words beside a step that went well, or NULL. crosses: an arrow says
 * what it read. */
static char *words_of(const struct pen *pen, const struct step *step,
                      bool crosses)
{
    const char *program = pen->story->lane[step->lane].program;

    switch (step->kind) {
    case STEP_MAKE:
        return step->channel < 0 ? NULL : picture_channel(pen, step->channel);
    case STEP_ACCEPT:
        return step->channel < 0 ? NULL : picture_channel(pen, step->channel);
    case STEP_CONNECT:
        return copy_text(picture_word(pen, "connect"));
    case STEP_SHUT:
        return step->channel < 0
                   ? NULL
                   : format_text("%c%s", picture_letter(pen, step->channel),
                                 picture_word(pen, " shut"));
    case STEP_OTHER:
        return other(pen, step);
    case STEP_WRITE:
        return step->passed > 0 ? carried(pen, step) : preview(pen, step);
    case STEP_READ:
        return step->passed > 0 ? carried(pen, step)
               : crosses        ? NULL
                                : preview(pen, step);
    case STEP_END:
        return copy_text(picture_word(pen, "end of file"));
    case STEP_CLOSE:
        return which_end(pen, step);
    case STEP_DUP:
        return step->fd < 0 || step->other_fd < 0
                   ? NULL
                   : format_text("%d→%d", step->fd, step->other_fd);
    case STEP_EXEC:
        return text_line(*program ? program : "exec", 18);
    case STEP_SIGNAL:
        return copy_text(picture_signal(step->code));
    case STEP_AGAIN:
        return format_text("×%d", step->times);
    case STEP_EXIT:
        return format_text(picture_word(pen, "exit %d"), step->code);
    case STEP_DEATH:
        return format_text(picture_word(pen, "killed by %s"),
                           picture_signal(step->code));
    default:
        return NULL;
    }
}

/* What a stuck process waits in. */
static char *plight(const struct pen *pen, const struct step *step)
{
    bool stuck = pen->story->lane[step->lane].end == LANE_STUCK;
    char *whole =
        stuck ? picture_state(pen, step->lane) : copy_text(step->call);
    char *label = text_line(whole, PLIGHT_COLUMNS);

    free(whole);
    return label;
}

/* "EPIPE", "A w EINTR" */
static char *failure(const struct step *step, const char *end)
{
    if (step->kind == STEP_CLOSE && end)
        return format_text("%s %s", end, picture_error(step->error));
    return copy_text(picture_error(step->error));
}

void chart_label(struct chart *chart, size_t i)
{
    const struct pen *pen = chart->pen;
    const struct step *step = &pen->story->step[i];
    struct mark *mark = &chart->mark[i];
    bool crosses = mark->arrow[ABOVE] || mark->arrow[BELOW];
    char *usual = step->stuck ? NULL : words_of(pen, step, crosses);

    mark->label = usual;
    mark->row = look[step->kind].row;
    mark->class = look[step->kind].class;
    mark->weak = usual && pen->story->steps > MANY_STEPS &&
                 (step->kind == STEP_WRITE || step->kind == STEP_READ);
    if ((int)i == chart->end_step[step->lane])
        mark->row = ON;
    if (step->stuck) {
        /* One of several threads' is enough. */
        if (!chart->told[step->lane])
            mark->label = plight(pen, step);
        chart->told[step->lane] = true;
        mark->row = ABOVE;
        mark->end = true;
        mark->class = "alarm";
    } else if (step->error != 0) {
        mark->label = failure(step, usual);
        free(usual);
        mark->weak = false;
        mark->class = step->wrong ? "alarm small" : "small";
    }
}

/* A label gets out of the way of an arrow, if it can to the other side. */
static void dodge(struct mark *mark)
{
    enum row other = mark->row == ABOVE ? BELOW : ABOVE;

    if (mark->end || !mark->arrow[mark->row])
        return;
    if (mark->arrow[other])
        mark->start = true;
    else
        mark->row = other;
}

void chart_extent(struct mark *mark)
{
    bool mono = strcmp(mark->class, "mono") == 0;
    bool bold = !mono && strstr(mark->class, "small") == NULL;
    double width = svg_width(mark->label, 11,
                             mono   ? SVG_MONO
                             : bold ? SVG_BOLD
                                    : SVG_PLAIN);

    if (mark->row == ON)
        mark->start = true;
    else
        dodge(mark);
    if (mark->end) {
        mark->right = width < CHART_STUCK ? width : CHART_STUCK;
        mark->left = width - mark->right + 8;
    } else {
        mark->left = mark->start ? 0 : width / 2 + 4;
        mark->right = mark->start ? width + 19 : width / 2 + 4;
    }
}
