/*
 * tell_step.c — what one step did, in a few words.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tell_parts.h"

bool tell_wrong(const struct interleave_step *s)
{
    return s->wrong && s->act != ACT_RETURNS;
}

struct text {
    char *at;
    size_t cap;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *t,
                                                      const char *format, ...)
{
    size_t used = strlen(t->at);
    va_list list;

    va_start(list, format);
    vsnprintf(t->at + used, t->cap - used, format, list);
    va_end(list);
}

static void put_place(struct text *t, const struct interleave_step *s)
{
    if (s->object > 0)
        put(t, "%c+%llu", 'A' + (s->object - 1) % 26,
            (unsigned long long)s->offset);
}

/* Small negative numbers look like such, addresses like addresses. */
static void put_value(struct text *t, uint64_t value, int size)
{
    int unused = size > 0 && size < 8 ? 64 - 8 * size : 0;
    int64_t number = (int64_t)(value << unused) >> unused;

    if (size >= 4 && number < 0 && number > -100000)
        put(t, "%lld", (long long)number);
    else
        put(t, value > 99999999 ? "%#llx" : "%llu", (unsigned long long)value);
}

static void put_order(struct text *t, const struct interleave_step *s)
{
    static const char *const name[] = {"relaxed", "consume", "acquire",
                                       "release", "acq_rel"};

    if (s->order >= 0 && s->order < (int)(sizeof(name) / sizeof(*name)))
        put(t, " %s", name[s->order]);
}

static const char *error_name(long error)
{
    switch (error) {
#define NAME(e)                                                                \
    case e:                                                                    \
        return #e
        NAME(EPERM);
        NAME(EINTR);
        NAME(EAGAIN);
        NAME(ENOMEM);
        NAME(EBUSY);
        NAME(EINVAL);
        NAME(EDEADLK);
        NAME(ENOSYS);
        NAME(EOVERFLOW);
        NAME(ETIMEDOUT);
        NAME(EOWNERDEAD);
        NAME(ENOTRECOVERABLE);
#undef NAME
    default:
        return NULL;
    }
}

static void put_call(struct text *t, const struct interleave_step *s,
                     bool narrow)
{
    const char *call = s->call ? s->call : "?";
    bool pthread = strncmp(call, "pthread_", 8) == 0;
    const char *error = pthread ? error_name(s->result) : NULL;

    put(t, "%s(", narrow && pthread ? call + 8 : call);
    put_place(t, s);
    put(t, ")");
    if (error)
        put(t, " = %s", error);
    else if (s->result)
        put(t, " = %ld", s->result);
}

static const char *signal_name(long sig)
{
    switch (sig) {
    case SIGSEGV:
        return "SIGSEGV";
    case SIGBUS:
        return "SIGBUS";
    case SIGABRT:
        return "SIGABRT";
    case SIGFPE:
        return "SIGFPE";
    case SIGILL:
        return "SIGILL";
    default:
        return NULL;
    }
}

static void put_access(struct text *t, const struct interleave_step *s,
                       const char *verb, const char *sign)
{
    put(t, "%s%s ", s->volatile_ ? "volatile " : "", verb);
    put_place(t, s);
    put(t, " %s ", sign);
    put_value(t, s->value, s->size);
}

static void put_change(struct text *t, const struct interleave_step *s,
                       const char *verb)
{
    put(t, "%s ", verb);
    put_place(t, s);
    put(t, ": ");
    put_value(t, s->before, s->size);
    put(t, " → ");
    put_value(t, s->value, s->size);
}

static void put_atomic(struct text *t, const struct interleave_step *s,
                       bool narrow, bool chinese)
{
    switch (s->act) {
    case ACT_LOAD:
        put_access(t, s, "load", "→");
        break;
    case ACT_RMW:
        put_change(t, s, s->call ? s->call : "rmw");
        break;
    case ACT_CAS:
        if (s->result) {
            put_change(t, s, "cas");
            break;
        }
        put(t, "cas ");
        put_place(t, s);
        put(t, " %s", tell_word(chinese, "fails: it is "));
        put_value(t, s->before, s->size);
        break;
    case ACT_FENCE:
        put(t, "fence");
        break;
    default:
        put_access(t, s, "store", "=");
        break;
    }
    if (!narrow || s->act != ACT_BUFFERS)
        put_order(t, s);
    if (s->act == ACT_BUFFERS)
        put(t, " %s", tell_word(chinese, "(buffered)"));
}

static void put_copy(struct text *t, const struct interleave_step *s,
                     bool chinese)
{
    put(t, "copy %s ", s->result ? "to" : "from");
    put_place(t, s);
    put(t, ", ");
    put(t, tell_word(chinese, "%d bytes"), s->size);
}

static void put_event(struct text *t, const struct interleave_step *s,
                      bool chinese)
{
    static const char *const word[] = {
        [ACT_SLEEPS] = "sleeps",
        [ACT_SPINS] = "looks again and again",
        [ACT_KILLED] = "is killed",
        [ACT_RETURNS] = "is done",
        [ACT_STUCK] = "waits for ever",
        [ACT_CRASHED] = "crashes: ",
        [ACT_WAKES] = "wakes up for nothing",
    };
    const char *name = signal_name(s->result);

    put(t, "%s",
        tell_word(chinese, s->act == ACT_WAKES && s->result == ETIMEDOUT
                               ? "wakes up: timed out"
                               : word[s->act]));
    if (s->act == ACT_CRASHED && name)
        put(t, "%s", name);
    else if (s->act == ACT_CRASHED)
        put(t, "%ld", s->result);
}

static void put_step(struct text *t, const struct interleave_step *s,
                     bool narrow, bool chinese)
{
    switch (s->act) {
    case ACT_SAY:
        put(t, "» %.47s", s->text);
        break;
    case ACT_READ:
        put_access(t, s, "read", "→");
        break;
    case ACT_WRITE:
        put_access(t, s, "write", "=");
        break;
    case ACT_COPY:
        put_copy(t, s, chinese);
        break;
    case ACT_CALL:
        put_call(t, s, narrow);
        break;
    case ACT_DRAINS:
        put_place(t, s);
        put(t, " = ");
        put_value(t, s->value, s->size);
        put(t, " %s", tell_word(chinese, "visible now"));
        break;
    case ACT_LOAD:
    case ACT_STORE:
    case ACT_RMW:
    case ACT_CAS:
    case ACT_FENCE:
    case ACT_BUFFERS:
        put_atomic(t, s, narrow, chinese);
        break;
    default:
        put_event(t, s, chinese);
        break;
    }
}

void interleave_tell_step(char *text, size_t cap,
                          const struct interleave_step *step, bool chinese)
{
    text[0] = '\0';
    put_step(&(struct text){text, cap}, step, false, chinese);
}

static void put_run(struct text *t, const struct interleave_step *s, int count)
{
    struct interleave_step low = s[0], high = s[0];

    for (int i = 1; i < count; i++) {
        if (s[i].offset < low.offset)
            low = s[i];
        if (s[i].offset > high.offset)
            high = s[i];
    }
    put(t, "%s ", s->act == ACT_READ ? "read" : "write");
    put_place(t, &low);
    if (low.offset != high.offset) {
        put(t, " … ");
        put_place(t, &high);
    }
    put(t, " ×%d", count);
}

static void put_item(struct text *t, const struct interleave_trace *trace,
                     const struct tell_item *item, bool narrow, bool chinese)
{
    const struct interleave_step *s = &trace->step[item->first];
    struct interleave_step pair;

    switch (item->kind) {
    case ITEM_STEP:
        put_step(t, s, narrow, chinese);
        break;
    case ITEM_PAIR:
        pair = s[1];
        pair.before = s[0].value;
        put_change(t, &pair, "change");
        break;
    case ITEM_RUN:
        put_run(t, s, item->count);
        break;
    case ITEM_AGAIN:
        if (item->period > 1)
            put(t, tell_word(chinese, "… these %d again, %d times"),
                item->period, item->times);
        else
            put(t, tell_word(chinese, "… again, %d times"), item->times);
        break;
    case ITEM_FOLDED:
        put(t,
            tell_word(chinese,
                      item->count == 1 ? "… 1 more step" : "… %d more steps"),
            item->count);
        break;
    case ITEM_SWITCH:
        put(t, "↯ %s",
            tell_word(chinese, tell_pc(trace, item) ? "switched away before"
                                                    : "switched away"));
        break;
    }
}

void tell_item(char *text, size_t cap, const struct interleave_trace *trace,
               const struct tell_item *item, int columns, bool chinese)
{
    text[0] = '\0';
    put_item(&(struct text){text, cap}, trace, item, false, chinese);
    if (tell_width(text) <= columns)
        return;
    text[0] = '\0';
    put_item(&(struct text){text, cap}, trace, item, true, chinese);
    tell_cut(text, cap, columns);
}
