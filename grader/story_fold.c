/*
 * story_fold.c — what happened over and over is told once.
 *
 * Alike steps in a row of a lane become one with `times`. A lane that goes
 * round in a longer circle keeps its first rounds and its last one; what is
 * between them becomes a step that says so.
 */
#include <stdlib.h>
#include <string.h>

#include "story_parts.h"
#include "text.h"

enum {
    SHORT_STORY = 48, /* up to so many steps all are told … */
    PATIENCE = 6,     /* … unless so many in a row are alike; */
    LEAST = 3,        /* in a longer one, so many are enough */
    LONG_STORY = 96,  /* from here on, circles are folded, too */
    LONGEST_CIRCLE = 12,
};

static bool alike(const struct making_step *a, const struct making_step *b)
{
    const struct step *x = &a->step, *y = &b->step;

    return x->event && y->event && x->kind == y->kind &&
           x->event->call == y->event->call && x->event->pc == y->event->pc &&
           x->channel == y->channel && a->side == b->side && x->fd == y->fd &&
           x->peer == y->peer && a->other == b->other && x->error == y->error &&
           !x->injected && !y->injected && !x->stuck && !y->stuck &&
           !x->wrong && !y->wrong && x->kind != STEP_EXIT &&
           x->kind != STEP_MAKE;
}

/* Its crossings and edges become those of the step it was folded into. */
static void redirect(struct making *m, const int *into)
{
    struct story *s = m->story;
    size_t kept = 0;

    for (size_t i = 0; i < m->edges; i++) {
        m->edge[i].from = into[m->edge[i].from];
        m->edge[i].to = into[m->edge[i].to];
    }
    for (size_t i = 0; i < s->crossings; i++) {
        struct crossing c = {into[s->crossing[i].write],
                             into[s->crossing[i].read], s->crossing[i].bytes};
        size_t same = 0;
        while (same < kept && (s->crossing[same].write != c.write ||
                               s->crossing[same].read != c.read))
            same++;
        if (same < kept)
            s->crossing[same].bytes += c.bytes;
        else
            s->crossing[kept++] = c;
    }
    s->crossings = kept;
}

/* The steps of a lane, oldest first. */
static int steps_of(const struct making *m, int lane, int *list)
{
    int count = 0;

    for (size_t i = 0; i < m->steps; i++)
        if (m->step[i].step.lane == lane && !m->step[i].gone)
            list[count++] = (int)i;
    return count;
}

static void fold_runs(struct making *m, int lane, int *list, int *into,
                      int least)
{
    int count = steps_of(m, lane, list);

    for (int i = 0, n; i < count; i += n) {
        struct making_step *first = &m->step[list[i]];
        for (n = 1; i + n < count; n++)
            if (!alike(first, &m->step[list[i + n]]))
                break;
        for (int k = 1; n >= least && k < n; k++) {
            struct making_step *other = &m->step[list[i + k]];
            first->step.times += other->step.times;
            first->step.bytes += other->step.bytes;
            first->ended = other->ended;
            other->gone = true;
            into[list[i + k]] = list[i];
        }
    }
}

/* How many times do the `period` steps from list[i] on come again? */
static int rounds(const struct making *m, const int *list, int count, int i,
                  int period)
{
    int same = 0;

    while (i + period + same < count &&
           alike(&m->step[list[i + same]], &m->step[list[i + period + same]]))
        same++;
    return same / period;
}

/* After two rounds comes "the same again"; the last one is told. */
static void fold_circle(struct making *m, int *list, int *into, int i,
                        int period, int again)
{
    int begin = i + 2 * period, end = i + again * period;
    struct making_step *marker = &m->step[list[begin]];
    struct step *s = &marker->step;

    for (int k = begin; k < end; k++) {
        m->step[list[k]].gone = k > begin;
        into[list[k]] = -1;
    }
    marker->ended = m->step[list[end - 1]].ended;
    *s = (struct step){.kind = STEP_AGAIN,
                       .lane = s->lane,
                       .peer = -1,
                       .channel = -1,
                       .fd = -1,
                       .other_fd = -1,
                       .code = period,
                       .times = again - 2};
    snprintf(s->call, sizeof(s->call), "the %d steps before, %d times more",
             period, s->times);
}

static void fold_circles(struct making *m, int lane, int *list, int *into)
{
    int count = steps_of(m, lane, list);

    for (int i = 0; i < count;) {
        int step = 1;
        for (int period = 2; period <= LONGEST_CIRCLE; period++) {
            int again = rounds(m, list, count, i, period);
            if (again < 4)
                continue;
            fold_circle(m, list, into, i, period, again);
            step = (again + 1) * period;
            break;
        }
        i += step;
    }
}

/* Edges and crossings of what is not told any more go. */
static void forget(struct making *m)
{
    struct story *s = m->story;
    size_t kept = 0;

    /* Of many reads nobody knows any more which of them made room. */
    for (size_t i = 0; i < m->edges; i++) {
        const struct step *from =
            m->edge[i].from < 0 ? NULL : &m->step[m->edge[i].from].step;
        if (from && from->kind == STEP_READ && from->times > 1)
            m->edge[i].from = -1;
    }
    for (size_t i = 0; i < m->edges; i++)
        if (m->edge[i].from >= 0 && m->edge[i].to >= 0 &&
            m->edge[i].from != m->edge[i].to)
            m->edge[kept++] = m->edge[i];
    m->edges = kept;
    kept = 0;
    for (size_t i = 0; i < s->crossings; i++)
        if (s->crossing[i].write >= 0 && s->crossing[i].read >= 0)
            s->crossing[kept++] = s->crossing[i];
    s->crossings = kept;
}

static size_t left(const struct making *m)
{
    size_t count = 0;

    for (size_t i = 0; i < m->steps; i++)
        count += !m->step[i].gone;
    return count;
}

static void reset(const struct making *m, int *into)
{
    for (size_t i = 0; i < m->steps; i++)
        into[i] = (int)i;
}

void story_fold(struct making *m)
{
    int *list = allocate((m->steps + 1) * sizeof(*list));
    int *into = allocate((m->steps + 1) * sizeof(*into));
    int least = m->steps <= SHORT_STORY ? PATIENCE : LEAST;

    reset(m, into);
    for (int l = 0; l < m->story->lanes; l++)
        fold_runs(m, l, list, into, least);
    redirect(m, into);
    reset(m, into);
    for (int l = 0; left(m) > LONG_STORY && l < m->story->lanes; l++)
        fold_circles(m, l, list, into);
    redirect(m, into);
    forget(m);
    for (size_t i = 0; i < m->steps; i++)
        if (!m->step[i].gone && m->step[i].step.event)
            story_call(m, &m->step[i]);
    free(list);
    free(into);
}
