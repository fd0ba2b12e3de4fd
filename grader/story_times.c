/*
 * story_times.c — where each step stands on the line of time.
 *
 * By the clock, gaps shortened: the begins and ends of all steps in order,
 * each a little further to the right, and more so the longer it took. Or
 * steady: only what must come before what, so that the picture of a program
 * is the same in every run.
 */
#include <stdlib.h>
#include <string.h>

#include "story_parts.h"
#include "text.h"

static const double wide = 1, gap = 0.5; /* of a step; between two */

/* What waits for what, beside the bytes and ends of file. */
static void add_edges(struct making *m)
{
    for (int i = 0; i < (int)m->steps; i++) {
        const struct step *s = &m->step[i].step;
        int first = -1, last = -1;
        if (m->step[i].gone || s->peer < 0)
            continue;
        for (int k = 0; k < (int)m->steps; k++) {
            if (m->step[k].gone || m->step[k].step.lane != s->peer)
                continue;
            first = first < 0 ? k : first;
            last = k;
        }
        bool over = last >= 0 && (m->step[last].step.kind == STEP_EXIT ||
                                  m->step[last].step.kind == STEP_DEATH);
        if (s->kind == STEP_FORK)
            story_edge(m, i, false, first, false);
        else if (s->kind == STEP_WAIT && over && s->event->reaped)
            story_edge(m, last, true, i, true);
        else if (s->kind == STEP_SIGNAL && last >= 0 &&
                 m->step[last].step.kind == STEP_DEATH &&
                 m->step[last].step.peer == s->lane && i < last &&
                 m->step[last].step.code == s->code && !s->error)
            story_edge(m, i, false, last, false);
    }
}

/* poll waits for what the next step of its lane gets. */
static void add_poll_edges(struct making *m)
{
    size_t edges = m->edges;

    for (size_t k = 0; k < edges; k++) {
        struct edge e = m->edge[k];
        int before = e.to - 1;
        while (before >= 0 &&
               (m->step[before].gone ||
                m->step[before].step.lane != m->step[e.to].step.lane))
            before--;
        if (e.to_end && before >= 0 && m->step[before].step.kind == STEP_POLL &&
            m->step[before].step.event->result > 0)
            story_edge(m, e.from, e.from_end, before, true);
    }
}

static int step_before(const struct making *m, int i)
{
    int k = i - 1;

    while (k >= 0 &&
           (m->step[k].gone || m->step[k].step.lane != m->step[i].step.lane))
        k--;
    return k;
}

static void at_least(double *x, double least, bool *changed)
{
    if (*x + 1e-9 < least) {
        *x = least;
        *changed = true;
    }
}

/* The longest way to every begin and end; false if they go round in a circle,
 * which no order of time can do. */
static bool steady_times(struct making *m)
{
    bool changed = true;

    for (size_t pass = 0; changed && pass <= m->steps; pass++) {
        changed = false;
        for (int i = 0; i < (int)m->steps; i++) {
            struct step *s = &m->step[i].step;
            int before = m->step[i].gone ? -1 : step_before(m, i);
            if (before >= 0)
                at_least(&s->x0, m->step[before].step.x1 + gap, &changed);
            at_least(&s->x1, s->x0 + wide, &changed);
        }
        for (size_t k = 0; k < m->edges; k++) {
            const struct edge *e = &m->edge[k];
            const struct step *from = &m->step[e->from].step;
            struct step *to = &m->step[e->to].step;
            double least = e->from_end ? from->x1 + gap
                           : e->to_end ? from->x0 + wide + gap / 2
                                       : from->x0 + wide;
            at_least(e->to_end ? &to->x1 : &to->x0, least, &changed);
        }
    }
    return !changed;
}

struct point {
    uint64_t at;
    int step;
    bool end;
};

static int by_time(const void *a, const void *b)
{
    const struct point *x = a, *y = b;

    if (x->at != y->at)
        return (x->at > y->at) - (x->at < y->at);
    if (x->step != y->step)
        return x->step - y->step;
    return x->end - y->end;
}

/* About the logarithm: ten times as long is one further. */
static double shortened(uint64_t nanoseconds)
{
    double x = 0.2, left = (double)nanoseconds / 20000;

    for (; left >= 1; left /= 2)
        x += 0.3;
    return x + 0.3 * left;
}

static void clock_times(struct making *m)
{
    struct point *point = allocate((2 * m->steps + 1) * sizeof(*point));
    double free_from[STORY_LANES] = {0}, x = 0;
    size_t count = 0;

    for (size_t i = 0; i < m->steps; i++) {
        if (m->step[i].gone)
            continue;
        point[count++] = (struct point){m->step[i].began, (int)i, false};
        if (m->step[i].ended != UINT64_MAX)
            point[count++] = (struct point){m->step[i].ended, (int)i, true};
    }
    if (count > 1)
        qsort(point, count, sizeof(*point), by_time);
    for (size_t i = 0; i < count; i++) {
        struct step *s = &m->step[point[i].step].step;
        double *from = &free_from[s->lane];
        x += i > 0 ? shortened(point[i].at - point[i - 1].at) : 0;
        if (!point[i].end) {
            x = x < *from ? *from : x;
            s->x0 = x;
            s->x1 = x + wide;
        } else {
            x = x < s->x0 + wide ? s->x0 + wide : x;
            s->x1 = x;
            *from = x + gap;
        }
    }
    free(point);
}

static double largest(const struct making *m)
{
    double x = 0;

    for (size_t i = 0; i < m->steps; i++)
        if (!m->step[i].gone && !m->step[i].step.stuck &&
            m->step[i].step.x1 > x)
            x = m->step[i].step.x1;
    for (size_t i = 0; i < m->steps; i++)
        if (!m->step[i].gone && m->step[i].step.stuck &&
            m->step[i].step.x0 + wide > x)
            x = m->step[i].step.x0 + wide;
    return x;
}

static void stretch_stuck(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++)
        if (m->step[i].step.stuck)
            m->step[i].step.x1 = m->story->width;
}

static void lane_times(struct making *m)
{
    struct story *s = m->story;

    for (int l = 0; l < s->lanes; l++) {
        struct lane *lane = &s->lane[l];
        bool born = false;
        lane->x0 = lane->parent > 0 ? s->lane[lane->parent].x0 : 0;
        lane->x1 = s->width;
        for (size_t i = 0; i < m->steps; i++) {
            const struct step *step = &m->step[i].step;
            bool over = lane->end == LANE_EXITED || lane->end == LANE_KILLED;
            if (m->step[i].gone)
                continue;
            if (step->kind == STEP_FORK && step->peer == l && !born) {
                lane->x0 = step->x0 + wide / 2;
                born = true;
            } else if (over && step->lane == l &&
                       (step->kind == STEP_EXIT || step->kind == STEP_DEATH)) {
                lane->x1 = step->x1;
                over = false;
            } else if (over && step->kind == STEP_WAIT && step->peer == l &&
                       lane->x1 == s->width) {
                lane->x1 = step->x1;
            }
        }
    }
}

static void mark_waiting(struct making *m)
{
    for (size_t k = 0; k < m->edges; k++) {
        const struct edge *e = &m->edge[k];
        const struct making_step *from = &m->step[e->from];
        struct making_step *to = &m->step[e->to];
        uint64_t cause = e->from_end ? from->ended : from->began;
        if (!e->to_end || from->gone || to->gone)
            continue;
        if (m->steady ? to->step.x1 > to->step.x0 + wide + gap / 2
                      : cause > to->began)
            to->step.waited = true;
    }
}

/* A key by which the steps are told. Steady: by place on the line. Else by
 * the clock; but a write that returned after its bytes were read came about
 * before that read, and so did a close before the end it brought. */
static double place_key(const struct step *s)
{
    bool at_once =
        s->kind == STEP_FORK || s->kind == STEP_EXIT || s->kind == STEP_EXEC;

    if (s->kind == STEP_WRITE && !s->stuck)
        return s->x0 + wide; /* its first bytes can be read */
    return s->stuck ? 1e9 + s->x0 : at_once ? s->x0 : s->x1;
}

struct keyed {
    double key; /* steady: place; by the clock: unused */
    uint64_t at;
    const struct making_step *step;
};

static int by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->key != y->key)
        return (x->key > y->key) - (x->key < y->key);
    if (x->at != y->at)
        return (x->at > y->at) - (x->at < y->at);
    if (x->step->step.lane != y->step->step.lane && x->key > 0)
        return x->step->step.lane - y->step->step.lane;
    return (x->step > y->step) - (x->step < y->step);
}

static void clock_keys(const struct making *m, struct keyed *list)
{
    for (size_t i = 0; i < m->steps; i++)
        list[i].at = story_moment(&m->step[i]);
    for (size_t k = 0; k < m->edges; k++) {
        const struct edge *e = &m->edge[k];
        uint64_t *from = &list[e->from].at, to = list[e->to].at;
        if (m->step[e->from].step.kind == STEP_READ)
            continue; /* it made room; what it got is another edge */
        if (e->to_end && !m->step[e->from].step.stuck && *from >= to &&
            to > m->step[e->from].began)
            *from = to - 1;
    }
}

static void put_in_order(struct making *m)
{
    struct keyed *list = allocate((m->steps + 1) * sizeof(*list));
    struct making_step *sorted = allocate((m->steps + 1) * sizeof(*sorted));
    int *place = allocate((m->steps + 1) * sizeof(*place));

    for (size_t i = 0; i < m->steps; i++)
        list[i] = (struct keyed){.step = &m->step[i]};
    for (size_t i = 0; m->steady && i < m->steps; i++)
        list[i].key = place_key(&m->step[i].step);
    if (!m->steady)
        clock_keys(m, list);
    if (m->steps > 1)
        qsort(list, m->steps, sizeof(*list), by_key);
    for (size_t i = 0; i < m->steps; i++) {
        sorted[i] = *list[i].step;
        place[list[i].step - m->step] = (int)i;
    }
    if (m->steps > 0)
        memcpy(m->step, sorted, m->steps * sizeof(*sorted));
    for (size_t i = 0; i < m->story->crossings; i++) {
        struct crossing *c = &m->story->crossing[i];
        c->write = place[c->write];
        c->read = place[c->read];
    }
    free(list);
    free(sorted);
    free(place);
}

static int by_steps(const void *a, const void *b)
{
    const struct crossing *x = a, *y = b;

    return x->write != y->write ? x->write - y->write : x->read - y->read;
}

static int by_lanes(const void *a, const void *b)
{
    const struct flow *x = a, *y = b;

    if (x->channel != y->channel)
        return x->channel - y->channel;
    return x->from != y->from ? x->from - y->from : x->to - y->to;
}

void story_times(struct making *m)
{
    struct story *s = m->story;

    add_edges(m);
    add_poll_edges(m);
    if (!m->steady || !steady_times(m))
        clock_times(m);
    mark_waiting(m);
    s->width = largest(m) + 2 * wide;
    stretch_stuck(m);
    lane_times(m);
    put_in_order(m);
    if (s->crossings > 1)
        qsort(s->crossing, s->crossings, sizeof(*s->crossing), by_steps);
    if (s->flows > 1)
        qsort(s->flow, s->flows, sizeof(*s->flow), by_lanes);
}
