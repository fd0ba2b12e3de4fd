/*
 * schedule.c — the order of its processes in which a fact fails.
 *
 * The test wrote it into the page (ways.c), and the learner's code may have
 * written over it: nothing in it is trusted.
 */
#include "schedule.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "encode.h"
#include "interleave/tell.h"
#include "result.h"
#include "tell.h"

const char *schedule_act(enum interleave_act act)
{
    static const char *const word[] = {
        [ACT_SAY] = "says",         [ACT_READ] = "read",
        [ACT_WRITE] = "write",      [ACT_LOAD] = "load",
        [ACT_STORE] = "store",      [ACT_RMW] = "read-modify-write",
        [ACT_CAS] = "compare-swap", [ACT_FENCE] = "fence",
        [ACT_BUFFERS] = "buffers",  [ACT_DRAINS] = "drains",
        [ACT_COPY] = "copy",        [ACT_CALL] = "call",
        [ACT_SLEEPS] = "sleeps",    [ACT_WAKES] = "wakes",
        [ACT_SPINS] = "spins",      [ACT_KILLED] = "is killed",
        [ACT_CRASHED] = "crashes",  [ACT_RETURNS] = "returns",
        [ACT_STUCK] = "is stuck",
    };

    return (unsigned)act < sizeof(word) / sizeof(*word) ? word[act] : "says";
}

const char *schedule_found(enum interleave_found found)
{
    static const char *const word[] = {
        [INTERLEAVE_NOTHING] = "nothing",
        [INTERLEAVE_ASSERTION] = "assertion",
        [INTERLEAVE_DEADLOCK] = "deadlock",
        [INTERLEAVE_SPINS] = "spins",
        [INTERLEAVE_RACE] = "race",
        [INTERLEAVE_MISUSE] = "misuse",
        [INTERLEAVE_CRASH] = "crash",
        [INTERLEAVE_LEFT] = "left",
        [INTERLEAVE_WITHOUT_END] = "without end",
        [INTERLEAVE_UNREPEATABLE] = "unrepeatable",
        [INTERLEAVE_FAULT] = "fault",
    };

    return (unsigned)found < sizeof(word) / sizeof(*word) ? word[found]
                                                          : "fault";
}

static void put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\": ", name);
    encode_json(out, text);
}

static void put_flag(FILE *out, const char *name, bool is)
{
    if (is)
        fprintf(out, ", \"%s\": true", name);
}

static const char *order_of(const struct interleave_step *s)
{
    static const char *const word[] = {"relaxed", "consume", "acquire",
                                       "release", "acq_rel", "seq_cst"};
    bool atomic = s->act == ACT_LOAD || s->act == ACT_STORE ||
                  s->act == ACT_RMW || s->act == ACT_CAS ||
                  s->act == ACT_FENCE || s->act == ACT_BUFFERS;

    return atomic && s->order >= 0 && s->order < 6 ? word[s->order] : NULL;
}

static bool has_value(enum interleave_act act)
{
    return (act >= ACT_READ && act <= ACT_CAS) || act == ACT_BUFFERS ||
           act == ACT_DRAINS;
}

static void put_step(FILE *out, const struct interleave_trace *trace, int i,
                     const struct places *places)
{
    const struct interleave_step *s = &trace->step[i];
    char text[160];
    const char *place =
        s->pc && places->find ? places->find(places->binary, s->pc) : "";

    interleave_tell_step(text, sizeof(text), s, false);
    fprintf(out, "{\"actor\": %d, ", s->actor);
    put_text(out, "act", schedule_act(s->act));
    fputs(", ", out);
    put_text(out, "text", text);
    if (s->object > 0)
        fprintf(out, ", \"object\": %d, \"offset\": %" PRIu64 ", \"size\": %d",
                s->object, s->offset, s->size > 0 ? s->size : 0);
    if (has_value(s->act))
        fprintf(out, ", \"value\": %" PRIu64, s->value);
    if (order_of(s))
        fprintf(out, ", \"order\": \"%s\"", order_of(s));
    if (*place) {
        fputs(", ", out);
        put_text(out, "where", place);
    }
    put_flag(out, "preempted", interleave_preempts(trace, i));
    put_flag(out, "wrong", s->wrong);
    putc('}', out);
}

static void put_schedule(FILE *out, const struct page_schedule *schedule,
                         const struct interleave *world,
                         const struct interleave_trace *trace,
                         const struct places *places)
{
    putc('{', out);
    put_text(out, "found", schedule_found(schedule->found));
    fprintf(out, ", \"tried\": %ld, \"preemptions\": %d, ",
            schedule->schedules < 0 ? 0 : schedule->schedules,
            schedule->preemptions < 0 ? 0 : schedule->preemptions);
    put_text(out, "replay", schedule->replay);
    fputs(",\n          \"names\": [", out);
    for (int i = 0; i < INTERLEAVE_OPS && world->op[i].name; i++) {
        fputs(i > 0 ? ", " : "", out);
        encode_json(out, world->op[i].name);
    }
    fprintf(out, "]%s, \"steps\": [", trace->cut ? ", \"cut\": true" : "");
    for (int i = 0; i < trace->steps; i++) {
        fputs(i > 0 ? ",\n           " : "\n           ", out);
        put_step(out, trace, i, places);
    }
    fputs("]}", out);
}

char *schedule_json(const struct page *page, const struct places *places)
{
    struct interleave world;
    struct interleave_trace *trace = NULL;
    char *text = NULL;
    size_t size;
    FILE *out = NULL;

    if (page->schedule.set && !page->failure.unstarted)
        trace = tell_trace(&page->schedule, &world);
    if (trace)
        out = open_memstream(&text, &size);
    if (out) {
        put_schedule(out, &page->schedule, &world, trace, places);
        fclose(out);
    }
    free(trace);
    return text ? text : copy_text("");
}
