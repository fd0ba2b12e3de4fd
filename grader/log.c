/*
 * log.c — the story as plain text, for a terminal of 80 columns.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "explain.h"
#include "report.h"
#include "story.h"
#include "text.h"
#include "words.h"

enum { WIDTH = 80, MOST_NAME = 20, SHOWN_LANES = 16 };

struct log {
    FILE *out;
    const struct story *story;
    bool chinese;
    int name; /* columns of a lane's name */
};

static void pad(FILE *out, int columns)
{
    for (; columns > 0; columns--)
        fputc(' ', out);
}

/* A sentence, folded at blanks, right of a column, where the cursor is. */
static void put_folded(struct log *log, const char *text, int indent)
{
    char *line = text_line(text, 4096);
    int at = indent;

    for (char *rest = line, *word; (word = strsep(&rest, " "));) {
        int width = text_width(word);
        if (at > indent && at + 1 + width > WIDTH) {
            fputc('\n', log->out);
            pad(log->out, indent);
            at = indent;
        }
        at += fprintf(log->out, "%s%s", at > indent ? " " : "", word) -
              (int)strlen(word) + width;
    }
    fputc('\n', log->out);
    free(line);
}

/* Name, mark, text, and where it is at the right edge, if there is room. */
static void put_line(struct log *log, const char *name, const char *mark,
                     const char *text, const char *where)
{
    char *shown = text_line(name, log->name);
    int indent = 2 + log->name + 3;
    int room = WIDTH - indent - (where[0] ? text_width(where) + 2 : 0);

    pad(log->out, 2);
    fputs(shown, log->out);
    pad(log->out, log->name - text_width(shown));
    fprintf(log->out, " %s ", mark);
    free(shown);
    if (text_width(text) <= room) {
        fputs(text, log->out);
        pad(log->out, where[0] ? room - text_width(text) + 2 : 0);
        fprintf(log->out, "%s\n", where);
        return;
    }
    char *cut = text_line(text, WIDTH - indent);
    fprintf(log->out, "%s\n", cut);
    free(cut);
    if (where[0]) {
        pad(log->out, WIDTH - text_width(where));
        fprintf(log->out, "%s\n", where);
    }
}

/* Remarks to a step, one after another on lines below it. */
struct notes {
    char text[2048];
};

__attribute__((format(printf, 2, 3))) static void note(struct notes *n,
                                                       const char *format, ...)
{
    size_t used = strlen(n->text);
    va_list list;

    if (used > 0 && used + 3 < sizeof(n->text)) {
        strcpy(n->text + used, "; ");
        used += 2;
    }
    va_start(list, format);
    vsnprintf(n->text + used, sizeof(n->text) - used, format, list);
    va_end(list);
}

/* Whom the bytes of a write went to, or whom those of a read came from. */
static void note_bytes(struct log *log, struct notes *n, int step)
{
    const struct story *s = log->story;
    long bytes[STORY_LANES] = {0};
    bool writes = s->step[step].kind == STEP_WRITE;

    for (size_t i = 0; i < s->crossings; i++) {
        const struct crossing *c = &s->crossing[i];
        if ((writes ? c->write : c->read) == step)
            bytes[s->step[writes ? c->read : c->write].lane] += c->bytes;
    }
    for (int l = 0; l < s->lanes; l++) {
        if (bytes[l] == 0)
            continue;
        note(n,
             words(log->chinese,
                   bytes[l] == 1
                       ? (writes ? "%ld byte to %s" : "%ld byte from %s")
                       : (writes ? "%ld bytes to %s" : "%ld bytes from %s")),
             bytes[l], s->lane[l].name);
    }
}

/* Who comes, and whom to; which open file travels with a message. */
static void note_socket(struct log *log, struct notes *n,
                        const struct step *step)
{
    const struct story *s = log->story;
    bool sent = step->kind == STEP_WRITE;

    int chosen = step->event && step->event->call == SEA_bind
                     ? page_address_port(&step->event->own)
                     : 0;

    if (chosen && page_address_port(&step->event->other) != chosen)
        note(n, words(log->chinese, "the kernel chose port %d"), chosen);
    if (sent && step->channel < 0 && step->address[0] && !step->error)
        note(n, "%s", words(log->chinese, "nobody here has that address"));
    if (step->kind == STEP_CONNECT && step->peer >= 0 && !step->error)
        note(n, words(log->chinese, "accepted by %s"),
             s->lane[step->peer].name);
    if (step->kind == STEP_ACCEPT && step->peer >= 0)
        note(n, words(log->chinese, "from %s"), s->lane[step->peer].name);
    if (step->passed == 0)
        return;
    if (step->passed_channel >= 0)
        note(n,
             words(log->chinese,
                   sent ? "passes fd %d = %s" : "receives fd %d = %s"),
             step->passed_fd, s->channel[step->passed_channel].name);
    else
        note(n, words(log->chinese, sent ? "passes fd %d" : "receives fd %d"),
             step->passed_fd);
    if (step->passed > 1)
        note(n, words(log->chinese, "and %d more"), step->passed - 1);
}

static void put_step(struct log *log, int i)
{
    const struct story *s = log->story;
    const struct step *step = &s->step[i];
    struct notes n = {""};
    char text[512];

    snprintf(text, sizeof(text), "%s", step->call);
    if (step->kind == STEP_DEATH)
        snprintf(text, sizeof(text), words(log->chinese, "killed by %s"),
                 name_signal(step->code));
    if (step->kind == STEP_AGAIN)
        snprintf(text, sizeof(text),
                 words(log->chinese, "… the %d steps before, %d times more"),
                 step->code, step->times);
    if (step->times > 1 && step->kind != STEP_AGAIN)
        note(&n, words(log->chinese, "%d times in a row"), step->times);
    if (step->stuck)
        note(&n, "%s", words(log->chinese, "does not return"));
    else if (step->waited)
        note(&n, "%s", words(log->chinese, "waited"));
    if (step->kind == STEP_END)
        note(&n, "%s", words(log->chinese, "end of file"));
    note_socket(log, &n, step);
    note_bytes(log, &n, i);
    if (step->preview[0])
        note(&n, "%s", step->preview);
    if (step->injected)
        note(&n, "%s",
             words(log->chinese, step->error || step->kind == STEP_DEATH
                                     ? "the rough sea made it fail"
                                     : "the rough sea made it fall short"));
    put_line(log, s->lane[step->lane].name,
             step->wrong   ? "✗"
             : step->stuck ? "…"
                           : " ",
             text, step->where);
    if (!n.text[0])
        return;
    pad(log->out, 2 + log->name + 5);
    put_folded(log, n.text, 2 + log->name + 5);
}

static const char *end_of(struct log *log, const struct lane *l, char *buf,
                          size_t cap)
{
    bool chinese = log->chinese;
    char *plight = words_plight(chinese, l->plight);

    switch (l->end) {
    case LANE_EXITED:
        if (l->code < 0)
            snprintf(buf, cap, "%s", words(chinese, "has ended"));
        else
            snprintf(buf, cap, words(chinese, "exit status %d"), l->code);
        break;
    case LANE_KILLED:
        snprintf(buf, cap, words(chinese, "killed by %s"),
                 name_signal(l->code));
        break;
    case LANE_STUCK:
    case LANE_LOOPING:
        snprintf(buf, cap, "%s", plight);
        break;
    default:
        if (l->parent < 0 && !plight[0])
            snprintf(buf, cap, "%s", words(chinese, "back in the test"));
        else
            snprintf(buf, cap, "%s%s%s", words(chinese, "still there"),
                     plight[0] ? ": " : "", plight);
    }
    free(plight);
    return buf;
}

static void put_holds(struct log *log, int lane)
{
    const struct story *s = log->story;

    for (size_t i = 0; i < s->holds; i++) {
        const struct hold *h = &s->hold[i];
        char text[128];
        if (h->lane != lane)
            continue;
        snprintf(text, sizeof(text),
                 words(log->chinese, h->reads && h->writes ? "holds fd %d = %s"
                                     : h->reads ? "holds fd %d, reads %s"
                                                : "holds fd %d, writes %s"),
                 h->fd, s->channel[h->channel].name);
        put_line(log, "", h->wrong ? "✗" : " ", text,
                 h->wrong ? words(log->chinese, "should be closed") : "");
    }
}

static bool holds_any(const struct story *s, int lane)
{
    for (size_t i = 0; i < s->holds; i++)
        if (s->hold[i].lane == lane)
            return true;
    return false;
}

/* "child 1 (cat)" */
static const char *full_name(const struct lane *l, char *buf, size_t cap)
{
    snprintf(buf, cap, l->program[0] ? "%s (%s)" : "%s", l->name, l->program);
    return buf;
}

static void put_counts(struct log *log, int well)
{
    if (well > 0) {
        fputs("  ", log->out);
        fprintf(log->out,
                words(log->chinese, "%d more have ended with status 0"), well);
        fputc('\n', log->out);
    }
    if (log->story->more_lanes > 0) {
        fputs("  ", log->out);
        fprintf(log->out,
                words(log->chinese, "%d more processes are not shown"),
                log->story->more_lanes);
        fputc('\n', log->out);
    }
}

/* Of many, those that ended well are counted only. */
static void put_ends(struct log *log)
{
    const struct story *s = log->story;
    int well = 0;

    fprintf(log->out, "\n%s\n", words(log->chinese, "At the end"));
    for (int l = 0; l < s->lanes; l++) {
        const struct lane *lane = &s->lane[l];
        char name[128], end[256];
        if (s->lanes > SHOWN_LANES && lane->end == LANE_EXITED &&
            lane->code == 0 && !lane->wrong && !holds_any(s, l)) {
            well++;
            continue;
        }
        bool stuck = lane->end == LANE_STUCK || lane->end == LANE_LOOPING;
        put_line(log, full_name(lane, name, sizeof(name)),
                 lane->wrong ? "✗"
                 : stuck     ? "…"
                             : " ",
                 end_of(log, lane, end, sizeof(end)), lane->where);
        put_holds(log, l);
    }
    put_counts(log, well);
}

static void put_channels(struct log *log)
{
    const struct story *s = log->story;
    bool any = false;

    for (int c = 0; c < s->channels; c++) {
        struct notes n = {""};
        for (size_t i = 0; i < s->flows; i++) {
            const struct flow *f = &s->flow[i];
            if (f->channel != c)
                continue;
            if (f->bytes < 0)
                note(&n, words(log->chinese, "%s to %s"), s->lane[f->from].name,
                     s->lane[f->to].name);
            else
                note(&n,
                     words(log->chinese, f->bytes == 1 ? "%ld byte, %s to %s"
                                                       : "%ld bytes, %s to %s"),
                     f->bytes, s->lane[f->from].name, s->lane[f->to].name);
        }
        if (s->channel[c].waiting > 0)
            note(&n,
                 words(log->chinese, s->channel[c].waiting == 1
                                         ? "%ld byte that nobody has read"
                                         : "%ld bytes that nobody has read"),
                 s->channel[c].waiting);
        if (!n.text[0])
            continue;
        if (!any)
            fprintf(log->out, "\n%s\n", words(log->chinese, "What crossed"));
        any = true;
        pad(log->out, 2);
        fputs(s->channel[c].name, log->out);
        pad(log->out, log->name + 3 - text_width(s->channel[c].name));
        put_folded(log, n.text, 2 + log->name + 3);
    }
}

static void put_heading(struct log *log)
{
    const struct story *s = log->story;
    const char *stem = strrchr(s->exercise, '/');
    char *name = text_sentence(s->fact, 60);

    fprintf(log->out, "%s", stem ? stem + 1 : s->exercise);
    if (!s->program)
        fprintf(log->out, ": %s", name);
    if (!s->program || s->verdict != V_PASSED)
        fprintf(log->out, " — %s",
                words(log->chinese, verdict_word(s->verdict)));
    fputc('\n', log->out);
    if (s->headline[0])
        put_folded(log, s->headline, 0);
    fputc('\n', log->out);
    if (s->cut)
        fprintf(log->out, "  %s\n",
                words(log->chinese, "… the beginning is missing: there were "
                                    "too many calls"));
    free(name);
}

static const char *binary_asked;

static const char *where(uintptr_t pc)
{
    return source_line(binary_asked, pc);
}

/* Of a schedule its table, and how to see it again. */
static void log_schedule(struct log *log)
{
    const struct story *s = log->story;
    const char *replay = s->schedule->page->replay;

    put_heading(log);
    binary_asked = s->schedule->binary;
    interleave_tell(log->out, &s->schedule->world, s->schedule->trace, where,
                    log->chinese);
    if (*replay && !s->program)
        fprintf(log->out, "\nSCHEDULE=%s\n", replay);
}

void log_write(FILE *out, const struct story *s, bool chinese)
{
    struct log log = {out, s, chinese, 8};

    for (int l = 0; l < s->lanes; l++) {
        char name[128];
        int width = text_width(full_name(&s->lane[l], name, sizeof(name)));
        log.name = width > log.name ? width : log.name;
    }
    if (log.name > MOST_NAME)
        log.name = MOST_NAME;
    if (s->schedule) {
        log_schedule(&log);
        return;
    }
    put_heading(&log);
    for (size_t i = 0; i < s->steps; i++)
        put_step(&log, (int)i);
    if (s->steps == 0)
        fprintf(out, "  %s\n",
                words(chinese, "The logbook holds no call of your code at the "
                               "end of this test."));
    put_ends(&log);
    put_channels(&log);
}
