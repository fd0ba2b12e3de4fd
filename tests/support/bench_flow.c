/*
 * bench_flow.c — which rounds are run, and what comes of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_flow_part.h"

/* A round takes about so long; on a busy machine it takes longer, and there
 * are fewer of them. */
static const double target = 0.04, enough = 0.004, patience = 5;

/* Why a way is not in the tables, or fell out of them. */
static char trouble[FLOW_WAYS][160];

static const char *reason(int error)
{
    switch (error) {
    case ENOSYS:
        return "is not written yet";
    case ETIMEDOUT:
        return "did not come to an end";
    case EFAULT:
        return "was ended by a signal";
    case EBADMSG:
        return "loses messages, or mixes them up";
    case EPROTO:
        return "replies something else";
    default:
        return strerror(error);
    }
}

static void note_trouble(const struct flow_way *w, char *text, size_t cap,
                         const char *why)
{
    if (!w->stem)
        snprintf(text, cap, "%s: %s", w->name, why);
    else if (w->reference)
        snprintf(text, cap, "%s: the reference %s", w->name, why);
    else
        snprintf(text, cap, "%s %s: see 'make %s'", w->stem, why, w->stem);
}

bool flow_fits(const struct flow_way *w, const struct flow_table *t,
               size_t size)
{
    size_t most = t->producers + t->consumers > 2 ? w->most_many : w->most;

    return most == 0 || size <= most;
}

/* How many messages does a round need? */
static void calibrate(const struct flow_way *w, struct flow_load *l,
                      struct flow_cell *c)
{
    struct flow_round r;
    long each = l->producers * l->consumers;

    for (l->messages = 16 * each;; l->messages *= 4) {
        flow_round(w, l, &r);
        if (r.error || r.seconds > enough)
            break;
    }
    if (r.error) {
        c->is = CELL_FAILED;
        c->round[0] = r;
        return;
    }
    l->messages = (long)((double)l->messages * target / r.seconds);
    c->messages = (l->messages / each + 4) * each;
    c->is = CELL_FULL;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

double flow_middle(double *list, int n)
{
    qsort(list, (size_t)n, sizeof(*list), by_value);
    return list[n / 2];
}

static void sum_up(struct flow_cell *c, const struct flow_table *t)
{
    double value[FLOW_ROUNDS] = {0}, tail[FLOW_ROUNDS] = {0};
    int n = c->rounds;

    for (int i = 0; i < n; i++) {
        value[i] = t->round_trip ? c->round[i].median
                                 : (double)c->messages / c->round[i].seconds;
        tail[i] = c->round[i].p99;
    }
    c->median = flow_middle(value, n);
    c->low = t->round_trip ? c->median : value[n / 4];
    c->high = t->round_trip ? flow_middle(tail, n) : value[n - 1 - n / 4];
}

void flow_progress(int done, int all)
{
    if (!isatty(2))
        return;
    if (done < all)
        fprintf(stderr, "\r  measuring: %d %% ", 100 * done / all);
    else
        fputs("\r                   \r", stderr);
}

void flow_fail(const struct flow_plan *p, int w, struct flow_cell *c, int error)
{
    c->is = CELL_FAILED;
    if (!trouble[w][0])
        note_trouble(p->way[w], trouble[w], sizeof(trouble[w]), reason(error));
}

static void measure_size(const struct flow_plan *p, struct flow_table *t,
                         size_t size, size_t s)
{
    struct flow_load load = {size, t->producers, t->consumers, t->round_trip,
                             0};
    double late = flow_now() + patience;

    for (int w = 0; w < p->ways; w++) {
        struct flow_cell *c = &t->cell[w][s];
        if (!flow_fits(p->way[w], t, size))
            c->is = CELL_NOT_FOR_IT;
        else if (trouble[w][0])
            c->is = CELL_FAILED;
        else
            calibrate(p->way[w], &load, c);
        if (c->is == CELL_FAILED)
            flow_fail(p, w, c, c->round[0].error);
    }
    for (int n = 0; n < p->rounds && (n == 0 || flow_now() < late); n++)
        for (int w = 0; w < p->ways; w++) {
            struct flow_cell *c = &t->cell[w][s];
            if (c->is != CELL_FULL)
                continue;
            load.messages = c->messages;
            flow_round(p->way[w], &load, &c->round[c->rounds++]);
            if (c->round[n].error)
                flow_fail(p, w, c, c->round[n].error);
        }
    for (int w = 0; w < p->ways; w++)
        if (t->cell[w][s].is == CELL_FULL)
            sum_up(&t->cell[w][s], t);
}

/* Ways of other stems, and what there is not, are left out. */
void flow_choose(const struct flow *f, const char *stem, struct flow_plan *p)
{
    const char *asked = getenv("BENCH_ROUNDS");
    int rounds = asked ? atoi(asked) : f->rounds;

    p->rounds = rounds < 1 ? 1 : rounds > FLOW_ROUNDS ? FLOW_ROUNDS : rounds;
    for (int i = 0; f->ways[i] && p->ways < FLOW_WAYS; i++) {
        const struct flow_way *w = f->ways[i];
        const char *why;
        if (stem && w->stem && strcmp(stem, w->stem) != 0)
            continue;
        why = w->missing ? w->missing() : NULL;
        if (why)
            note_trouble(w, trouble[p->ways], sizeof(trouble[0]), why);
        p->way[p->ways++] = w;
    }
}

bool flow_has_failed(int way)
{
    return trouble[way][0];
}

void flow_tell_trouble(const struct flow_plan *p)
{
    for (int w = 0; w < p->ways; w++)
        if (trouble[w][0])
            printf("  %s.\n", trouble[w]);
}

static const struct flow_plan *swept;

static void interrupted(int sig)
{
    for (int w = 0; w < swept->ways; w++)
        if (swept->way[w]->sweep)
            swept->way[w]->sweep();
    _exit(128 + sig);
}

void flow_sweep_at_end(const struct flow_plan *p)
{
    swept = p;
    signal(SIGINT, interrupted);
    signal(SIGTERM, interrupted);
}

int flow_main(const struct flow *f, const char *stem, const char *name)
{
    static struct flow_table tables[FLOW_TABLES] = {
        {"one producer, one consumer",
         "messages a second",
         1,
         1,
         false,
         {{{0}}}},
        {"two producers, two consumers",
         "messages a second",
         2,
         2,
         false,
         {{{0}}}},
        {"a question and its answer", "round trip", 1, 1, true, {{{0}}}},
    };
    static struct flow_plan plan;
    int done = 0, all = FLOW_TABLES * (int)f->size_count;

    flow_choose(f, stem, &plan);
    flow_sweep_at_end(&plan);
    for (int t = 0; t < FLOW_TABLES; t++)
        for (size_t s = 0; s < f->size_count; s++) {
            flow_progress(done++, all);
            measure_size(&plan, &tables[t], f->sizes[s], s);
        }
    flow_progress(all, all);
    for (int t = 0; t < FLOW_TABLES; t++)
        flow_print(f, plan.way, &tables[t]);
    printf("\n  %s\n", f->note);
    flow_tell_trouble(&plan);
    return flow_draw(f, plan.way, tables, FLOW_TABLES, name);
}
