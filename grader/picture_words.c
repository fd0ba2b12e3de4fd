/*
 * picture_words.c — what things are called in the picture.
 */
#include "picture_parts.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "svg.h"
#include "text.h"
#include "words.h"

const char *picture_word(const struct pen *pen, const char *english)
{
    return words(pen->chinese, english);
}

/* "child 2.1" in the reader's language; any other name as it is. */
char *picture_lane(const struct pen *pen, int lane)
{
    const char *name = pen->story->lane[lane].name;

    if (strcmp(name, "parent") == 0)
        return copy_text(picture_word(pen, "parent"));
    if (strncmp(name, "child ", 6) == 0)
        return format_text("%s %s", picture_word(pen, "child"), name + 6);
    if (strncmp(name, "process ", 8) == 0)
        return format_text("%s %s", picture_word(pen, "process"), name + 8);
    if (strcmp(name, "test's helper") == 0)
        return copy_text(picture_word(pen, "test's helper"));
    return text_line(name, 60);
}

char picture_letter(const struct pen *pen, int channel)
{
    return (char)('A' + pen->story->channel[channel].letter % 26);
}

int picture_colour(const struct pen *pen, int channel)
{
    return pen->story->channel[channel].letter % PICTURE_COLOURS;
}

char *picture_channel(const struct pen *pen, int channel)
{
    static const char *const kind[] = {
        [CH_PIPE] = "pipe",         [CH_FIFO] = "named pipe",
        [CH_SOCKET] = "socket",     [CH_OTHER] = "channel",
        [CH_LISTENER] = "listener", [CH_MAILBOX] = "socket",
        [CH_FILE] = "file",         [CH_MEMORY] = "memory"};
    const struct channel *it = &pen->story->channel[channel];

    if ((!pen->chinese || it->kind == CH_MEMORY) && *it->name)
        return text_line(it->name, 30);
    return format_text("%s %c", picture_word(pen, kind[it->kind]),
                       picture_letter(pen, channel));
}

char *picture_bytes(const struct pen *pen, long bytes)
{
    if (bytes < 0)
        return copy_text(picture_word(pen, "bytes not seen"));
    if (bytes >= 10L << 20)
        return format_text(bytes % (1 << 20) ? "%.1f MiB" : "%.0f MiB",
                           (double)bytes / (1 << 20));
    if (bytes == 1)
        return copy_text(picture_word(pen, "1 byte"));
    return format_text(picture_word(pen, "%ld bytes"), bytes);
}

const char *picture_signal(int sig)
{
    return name_signal(sig);
}

/* "EPIPE" of "EPIPE (Broken pipe)". */
const char *picture_error(int error)
{
    static char name[32];
    const char *whole = name_errno(error);
    size_t length = strcspn(whole, " (");

    snprintf(name, sizeof name, "%.*s", (int)length, whole);
    return name;
}

bool picture_ended(const struct lane *lane)
{
    return lane->end == LANE_EXITED || lane->end == LANE_KILLED;
}

static char *plight(const struct pen *pen, const struct lane *lane,
                    const char *unknown)
{
    char *whole = words_plight(pen->chinese, lane->plight);
    char *line = text_line(*whole ? whole : picture_word(pen, unknown), 160);

    free(whole);
    return line;
}

/* How a process ended, or what it is in at the end. */
char *picture_state(const struct pen *pen, int lane)
{
    const struct lane *it = &pen->story->lane[lane];

    switch (it->end) {
    case LANE_EXITED:
        return format_text(picture_word(pen, "exit %d"), it->code);
    case LANE_KILLED:
        return format_text(picture_word(pen, "killed by %s"),
                           picture_signal(it->code));
    case LANE_STUCK:
        return plight(pen, it, "cannot move");
    case LANE_LOOPING:
        return plight(pen, it, "loops without end");
    case LANE_OPEN:
        break;
    }
    return copy_text(lane == 0 ? "" : picture_word(pen, "still there"));
}

/* What is wrong with an end that should be closed. */
char *picture_hold(const struct pen *pen, const struct hold *hold)
{
    char *channel = picture_channel(pen, hold->channel), *text;
    const char *format;

    if (hold->wrong)
        format = hold->reads && hold->writes ? "still holds %s (fd %d)"
                 : hold->writes ? "still holds the write end of %s (fd %d)"
                                : "still holds the read end of %s (fd %d)";
    else
        format = hold->reads && hold->writes ? "holds %s (fd %d)"
                 : hold->writes ? "holds the write end of %s (fd %d)"
                                : "holds the read end of %s (fd %d)";
    text = format_text(picture_word(pen, format), channel, hold->fd);
    free(channel);
    return text;
}

char *picture_flow(const struct pen *pen, const struct flow *flow)
{
    char *from = picture_lane(pen, flow->from),
         *to = picture_lane(pen, flow->to);
    char *channel = picture_channel(pen, flow->channel);
    char *bytes = picture_bytes(pen, flow->bytes);
    char *text = format_text(picture_word(pen, "%s: %s → %s, %s"), channel,
                             from, to, bytes);

    free(from);
    free(to);
    free(channel);
    free(bytes);
    return text;
}

/* All that is known of a step, a line each. */
char *picture_title(const struct pen *pen, const struct step *step)
{
    char *lane = picture_lane(pen, step->lane), *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return lane;
    fprintf(out, "%s\n%s", lane, step->call);
    if (step->kind == STEP_AGAIN)
        fprintf(out, picture_word(pen, "the %d steps before, again and again"),
                step->code);
    else if (!*step->call && step->kind == STEP_DEATH)
        fprintf(out, picture_word(pen, "killed by %s"),
                picture_signal(step->code));
    if (step->passed > 0 && step->passed_channel >= 0)
        fprintf(out, " [fd %d = %s]", step->passed_fd,
                pen->story->channel[step->passed_channel].name);
    else if (step->passed > 0)
        fprintf(out, " [fd %d]", step->passed_fd);
    if (step->times > 1)
        fprintf(out, " ×%d", step->times);
    if (step->stuck)
        fprintf(out, "\n%s", picture_word(pen, "has not returned"));
    if (step->injected)
        fprintf(out, "\n%s", picture_word(pen, "the test's sea did this"));
    if (*step->preview)
        fprintf(out, "\n%s", step->preview);
    if (*step->where)
        fprintf(out, "\n%s", step->where);
    fclose(out);
    free(lane);
    return text;
}

void picture_say(const struct pen *pen, double x, double y, const char *class,
                 const char *s)
{
    fprintf(pen->out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">", class, x, y);
    svg_text(pen->out, s);
    fputs("</text>", pen->out);
}

void picture_titled(const struct pen *pen, const char *s)
{
    fputs("<title>", pen->out);
    svg_text(pen->out, s);
    fputs("</title>", pen->out);
}

void picture_disc(const struct pen *pen, double x, double y, double r,
                  int channel, enum disc kind)
{
    bool full = kind != DISC_READS;

    if (kind == DISC_BOTH) {
        fprintf(pen->out,
                "<circle class=\"ring\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>",
                x, y, r + 1);
        r -= 2;
    }
    fprintf(pen->out,
            "<circle class=\"%s\" cx=\"%.1f\" cy=\"%.1f\" r=\"%.1f\"/>"
            "<text class=\"letter%s\" x=\"%.1f\" y=\"%.1f\">%c</text>",
            full ? "full" : "ring", x, y, r, full ? " on" : "", x, y + 3.7,
            picture_letter(pen, channel));
}
