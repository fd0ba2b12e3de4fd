/*
 * story_json.c — the story for machines.
 */
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "story.h"

static const char *const end_word[] = {"open", "exited", "killed", "stuck",
                                       "looping"};
static const char *const channel_word[] = {
    "pipe", "fifo", "socket", "other", "memory", "listener", "mailbox", "file"};
static const char *const step_word[] = {
    "fork",  "exec",    "make",   "write",  "read",   "end",
    "close", "dup",     "wait",   "poll",   "signal", "exit",
    "death", "other",   "again",  "change", "sleep",  "switch",
    "say",   "connect", "accept", "shut"};

/* In a page, "</script>" would end the text: no '<' is left. */
static void text(FILE *out, const char *name, const char *value)
{
    char *quoted = NULL;
    size_t size;
    FILE *memory = open_memstream(&quoted, &size);

    if (!memory)
        return;
    encode_json(memory, value);
    fclose(memory);
    fprintf(out, "\"%s\":", name);
    for (const char *at = quoted; *at; at++)
        if (*at == '<')
            fputs("\\u003c", out);
        else
            fputc(*at, out);
    free(quoted);
}

static const char *truth(bool value)
{
    return value ? "true" : "false";
}

static void put_lane(FILE *out, const struct lane *l)
{
    fprintf(out, "{\"pid\":%d,\"parent\":%d,", (int)l->pid, l->parent);
    text(out, "name", l->name);
    fputc(',', out);
    text(out, "program", l->program);
    fprintf(out, ",\"end\":\"%s\",\"code\":%d,\"helper\":%s,\"wrong\":%s,",
            end_word[l->end], l->code, truth(l->helper), truth(l->wrong));
    fprintf(out, "\"reaped\":%s,\"stuck_step\":%d,", truth(l->reaped),
            l->stuck_step);
    text(out, "plight", l->plight);
    fputc(',', out);
    text(out, "where", l->where);
    fprintf(out, ",\"x0\":%.2f,\"x1\":%.2f}", l->x0, l->x1);
}

static void put_channel(FILE *out, const struct channel *c)
{
    fprintf(out, "{\"kind\":\"%s\",", channel_word[c->kind]);
    text(out, "name", c->name);
    fprintf(out, ",\"letter\":%d,\"waiting\":%ld}", c->letter, c->waiting);
}

static void put_hold(FILE *out, const struct hold *h)
{
    fprintf(out,
            "{\"lane\":%d,\"channel\":%d,\"fd\":%d,\"reads\":%s,"
            "\"writes\":%s,\"close_on_exec\":%s,\"wrong\":%s}",
            h->lane, h->channel, h->fd, truth(h->reads), truth(h->writes),
            truth(h->close_on_exec), truth(h->wrong));
}

static void put_step(FILE *out, const struct step *s)
{
    fprintf(out, "{\"kind\":\"%s\",\"lane\":%d,\"peer\":%d,\"channel\":%d,",
            step_word[s->kind], s->lane, s->peer, s->channel);
    fprintf(out, "\"fd\":%d,\"other_fd\":%d,\"writing_end\":%s,", s->fd,
            s->other_fd, truth(s->writing_end));
    fprintf(out, "\"code\":%d,\"error\":%d,\"injected\":%s,\"stuck\":%s,",
            s->code, s->error, truth(s->injected), truth(s->stuck));
    fprintf(out, "\"waited\":%s,\"wrong\":%s,\"bytes\":%ld,\"times\":%d,",
            truth(s->waited), truth(s->wrong), s->bytes, s->times);
    text(out, "preview", s->preview);
    fputc(',', out);
    text(out, "call", s->call);
    fputc(',', out);
    text(out, "address", s->address);
    fprintf(out, ",\"passed\":%d,\"passed_fd\":%d,\"passed_channel\":%d,",
            s->passed, s->passed_fd, s->passed_channel);
    text(out, "where", s->where);
    fprintf(out, ",\"x0\":%.2f,\"x1\":%.2f}", s->x0, s->x1);
}

#define LIST(name, count, call)                                                \
    do {                                                                       \
        fprintf(out, ",\n\"%s\":[", name);                                     \
        for (size_t i = 0; i < (size_t)(count); i++) {                         \
            fputs(i ? ",\n" : "\n", out);                                      \
            call;                                                              \
        }                                                                      \
        fputc(']', out);                                                       \
    } while (0)

void story_json(FILE *out, const struct story *s)
{
    fputc('{', out);
    text(out, "exercise", s->exercise);
    fputc(',', out);
    text(out, "fact", s->fact);
    fputc(',', out);
    text(out, "verdict", verdict_word(s->verdict));
    fputc(',', out);
    text(out, "headline", s->headline);
    if (s->schedule)
        fputs(",\"schedule\":true", out);
    fprintf(out, ",\"program\":%s,\"cut\":%s,\"more_lanes\":%d,\"width\":%.2f",
            truth(s->program), truth(s->cut), s->more_lanes, s->width);
    LIST("lanes", s->lanes, put_lane(out, &s->lane[i]));
    LIST("channels", s->channels, put_channel(out, &s->channel[i]));
    LIST("holds", s->holds, put_hold(out, &s->hold[i]));
    LIST("flows", s->flows,
         fprintf(out, "{\"channel\":%d,\"from\":%d,\"to\":%d,\"bytes\":%ld}",
                 s->flow[i].channel, s->flow[i].from, s->flow[i].to,
                 s->flow[i].bytes));
    LIST("steps", s->steps, put_step(out, &s->step[i]));
    LIST("crossings", s->crossings,
         fprintf(out, "{\"write\":%d,\"read\":%d,\"bytes\":%ld}",
                 s->crossing[i].write, s->crossing[i].read,
                 s->crossing[i].bytes));
    fputs("}\n", out);
}
