/*
 * tell_fold.c — which steps of a schedule get a line of the table.
 *
 * Folded more and more until it is short enough. What is never folded: what
 * the sentence is about, what the operations say, who falls asleep, wakes,
 * dies or is stuck, and where the system switches. What goes first: steps
 * on memory that nobody else changes, then what happens far from a switch.
 */
#include <stdlib.h>
#include <string.h>

#include "tell_parts.h"

enum level {
    ALL,       /* but for setup and check */
    JOINED,    /* runs, pairs and repetitions in one line each */
    SHARED,    /* without what nobody else changes */
    CHANGES,   /* far from a switch only changes and calls */
    CALLS,     /* … only calls */
    BRIEF,     /* … nothing but what is never folded */
    AT_SWITCH, /* and of the rest only what is next to a switch */
    LEVELS
};
enum { NEXT_TO_SWITCH = 4, LONGEST_PERIOD = 4 };

struct note {
    bool vital;  /* never folded */
    bool shared; /* somebody else changes this memory, or it does theirs */
    bool near;   /* in a run of steps just before or after a switch */
    bool next;   /* few steps from it */
};

struct folding {
    const struct interleave_trace *trace;
    interleave_where *where;
    struct note *note;
    struct tell_item *item;
    int items;
};

static bool changes(const struct interleave_step *s)
{
    switch (s->act) {
    case ACT_WRITE:
    case ACT_STORE:
    case ACT_BUFFERS:
    case ACT_DRAINS:
    case ACT_COPY:
    case ACT_CALL:
    case ACT_RMW:
        return true;
    case ACT_CAS:
        return s->result;
    default:
        return false;
    }
}

static bool overlap(const struct interleave_step *a,
                    const struct interleave_step *b)
{
    uint64_t end_a = a->offset + (uint64_t)(a->size > 0 ? a->size : 1);
    uint64_t end_b = b->offset + (uint64_t)(b->size > 0 ? b->size : 1);

    return a->object > 0 && a->object == b->object && a->offset < end_b &&
           b->offset < end_a;
}

static void mark_shared(struct folding *f)
{
    const struct interleave_step *s = f->trace->step;

    for (int i = 0; i < f->trace->steps; i++)
        for (int k = i + 1; k < f->trace->steps; k++)
            if (s[i].actor != s[k].actor && s[i].actor && s[k].actor &&
                (!f->note[i].shared || !f->note[k].shared) &&
                overlap(&s[i], &s[k]) && (changes(&s[i]) || changes(&s[k])))
                f->note[i].shared = f->note[k].shared = true;
}

static bool is_vital(const struct interleave_step *s)
{
    switch (s->act) {
    case ACT_SAY:
    case ACT_SLEEPS:
    case ACT_WAKES:
    case ACT_SPINS:
    case ACT_KILLED:
    case ACT_CRASHED:
    case ACT_STUCK:
    case ACT_BUFFERS:
    case ACT_DRAINS:
        return true;
    default:
        return s->wrong;
    }
}

static bool goes_on(const struct interleave_step *s)
{
    static const char *const gives_way[] = {"sched_yield", "nanosleep",
                                            "clock_nanosleep", "usleep"};

    for (size_t i = 0; i < sizeof(gives_way) / sizeof(*gives_way); i++)
        if (s->act == ACT_CALL && s->call && strcmp(s->call, gives_way[i]) == 0)
            return false;
    return s->act < ACT_SLEEPS || s->act == ACT_WAKES;
}

bool interleave_preempts(const struct interleave_trace *trace, int step)
{
    const struct interleave_step *s = &trace->step[step];

    return s->actor > 0 && s->act != ACT_STUCK && step > 0 && s[-1].actor > 0 &&
           s[-1].actor != s->actor && (s->preempted || goes_on(&s[-1]));
}

/* Steps of one actor without another between them. */
static void mark_run(struct folding *f, int from, int to, bool at_end)
{
    for (int i = from; i < to; i++) {
        f->note[i].near = true;
        if (at_end ? i >= to - NEXT_TO_SWITCH : i < from + NEXT_TO_SWITCH)
            f->note[i].next = true;
    }
}

static void mark_near(struct folding *f)
{
    const struct interleave_trace *t = f->trace;

    for (int i = 0, end; i < t->steps; i = end) {
        for (end = i; end < t->steps && t->step[end].actor == t->step[i].actor;)
            end++;
        bool wrong = end == t->steps;
        for (int k = i; k < end; k++)
            wrong |= t->step[k].wrong;
        if (interleave_preempts(t, i))
            mark_run(f, i, end, false);
        if (end < t->steps && interleave_preempts(t, end))
            mark_run(f, i, end, true);
        if (wrong)
            mark_run(f, i, end, true);
    }
}

static bool is_shown(const struct folding *f, int i, enum level level)
{
    const struct interleave_step *s = &f->trace->step[i];
    const struct note *n = &f->note[i];
    bool call = s->act == ACT_CALL;

    if (n->vital || level <= JOINED)
        return true;
    if (s->act == ACT_RETURNS)
        return level < AT_SWITCH;
    if (level == AT_SWITCH && n->near)
        return n->next && (call || n->shared);
    if (!call && !n->shared)
        return false;
    if (n->near || level == SHARED)
        return true;
    return level == CHANGES ? changes(s) : level == CALLS && call;
}

static bool same_line(const struct folding *f, int a, int b)
{
    const char *place;
    char kept[96];
    uintptr_t pc = f->trace->step[a].pc;

    if (pc == f->trace->step[b].pc)
        return true;
    place = f->where ? f->where(pc) : "";
    strncpy(kept, place, sizeof(kept) - 1);
    kept[sizeof(kept) - 1] = '\0';
    return *kept && strcmp(kept, f->where(f->trace->step[b].pc)) == 0;
}

/* i and i + 1 change one place. */
static bool is_pair(const struct folding *f, int i, int end)
{
    const struct interleave_step *s = &f->trace->step[i];

    return i + 1 < end && s->act == ACT_READ && s[1].act == ACT_WRITE &&
           s[1].actor == s->actor && !s->wrong && !s[1].wrong &&
           s->object == s[1].object && s->offset == s[1].offset &&
           s->size == s[1].size && same_line(f, i, i + 1);
}

/* So many plain accesses of one kind from i on, in one line of the source. */
static int run_length(const struct folding *f, int i, int end)
{
    const struct interleave_step *s = f->trace->step;
    int n = i;

    if (s[i].act != ACT_READ && s[i].act != ACT_WRITE)
        return 1;
    while (n < end && s[n].act == s[i].act && !s[n].wrong &&
           s[n].object == s[i].object && same_line(f, i, n))
        n++;
    return n - i > 2 ? n - i : 1;
}

static struct tell_item *add(struct folding *f, int kind, int first, int count)
{
    struct tell_item *item = &f->item[f->items++];

    *item = (struct tell_item){.kind = (unsigned)kind,
                               .actor = f->trace->step[first].actor,
                               .first = first,
                               .count = count};
    return item;
}

/* The steps from `from` to `to` are one actor's, without a switch. */
static void fold_run(struct folding *f, int from, int to, enum level level)
{
    for (int i = from, n; i < to; i += n) {
        int end = i;
        n = 1;
        if (!is_shown(f, i, level)) {
            while (i + n < to && !is_shown(f, i + n, level))
                n++;
            add(f, ITEM_FOLDED, i, n);
            continue;
        }
        while (end < to && is_shown(f, end, level))
            end++;
        if (level >= JOINED && is_pair(f, i, end))
            add(f, ITEM_PAIR, i, n = 2);
        else if (level >= JOINED && (n = run_length(f, i, end)) > 1)
            add(f, ITEM_RUN, i, n);
        else
            add(f, ITEM_STEP, i, n = 1);
    }
}

static bool alike(const struct folding *f, const struct tell_item *a,
                  const struct tell_item *b)
{
    if (a->kind != b->kind || a->count != b->count || a->actor != b->actor ||
        a->kind == ITEM_SWITCH)
        return false;
    for (int i = 0; i < a->count; i++) {
        const struct interleave_step *s = &f->trace->step[a->first + i];
        const struct interleave_step *t = &f->trace->step[b->first + i];
        if (s->act != t->act || s->object != t->object ||
            s->offset != t->offset || s->value != t->value || s->wrong ||
            t->wrong || s->pc != t->pc || s->result != t->result ||
            s->act == ACT_SAY)
            return false;
    }
    return true;
}

/* How often the `period` items from i on come again at once. */
static int times_again(const struct folding *f, int i, int period)
{
    int times = 0;

    for (int at = i + period; at + period <= f->items; at += period) {
        for (int k = 0; k < period; k++)
            if (!alike(f, &f->item[i + k], &f->item[at + k]))
                return times;
        times++;
    }
    return times;
}

static void join_repetitions(struct folding *f)
{
    int kept = 0;

    for (int i = 0; i < f->items;) {
        int period = 1, times = 0;
        for (; period <= LONGEST_PERIOD; period++)
            if ((times = times_again(f, i, period)) * period > 2)
                break;
        if (period > LONGEST_PERIOD) {
            f->item[kept++] = f->item[i++];
            continue;
        }
        struct tell_item again = f->item[i + period];
        again.kind = ITEM_AGAIN;
        again.period = period;
        again.times = times;
        memmove(&f->item[kept], &f->item[i], (size_t)period * sizeof(*f->item));
        kept += period;
        f->item[kept++] = again;
        i += period * (times + 1);
    }
    f->items = kept;
}

/* Of setup and check only what is wrong: the rest is the same every time. */
static bool is_aside(const struct interleave_step *s)
{
    return s->actor == 0 && !s->wrong;
}

static void fold(struct folding *f, enum level level)
{
    const struct interleave_trace *t = f->trace;
    int last = 0; /* who had the turn */

    f->items = 0;
    for (int i = 0, end; i < t->steps; i = end) {
        end = i + 1;
        if (is_aside(&t->step[i]))
            continue;
        while (end < t->steps && t->step[end].actor == t->step[i].actor &&
               !is_aside(&t->step[end]))
            end++;
        if (last > 0 && interleave_preempts(t, i))
            add(f, ITEM_SWITCH, i, 0)->actor = last;
        last = t->step[i].actor;
        fold_run(f, i, end, level);
    }
    if (level >= JOINED)
        join_repetitions(f);
}

struct tell_item *tell_fold(const struct interleave_trace *trace,
                            interleave_where *where, int lines, int *count)
{
    size_t steps = (size_t)trace->steps + 1;
    struct folding f = {trace, where, calloc(steps, sizeof(*f.note)),
                        calloc(2 * steps, sizeof(*f.item)), 0};

    *count = 0;
    if (f.note && f.item) {
        for (int i = 0; i < trace->steps; i++)
            f.note[i].vital = is_vital(&trace->step[i]);
        mark_shared(&f);
        mark_near(&f);
        for (int level = ALL; level < LEVELS; level++) {
            fold(&f, (enum level)level);
            if (f.items <= lines)
                break;
        }
        *count = f.items;
    }
    free(f.note);
    return f.item;
}
