/*
 * bench_load.c — which rounds are run, and what comes of them.
 */
#include <stdio.h>
#include <string.h>

#include "bench_flow_part.h"
#include "bench_load_part.h"

/* On a busy machine there are fewer rounds. */
static const double patience = 8;

enum { RATE, RATE_MANY, TIMES, TIMES_MANY, CPU, CPU_MANY, TABLES, DRAWN = CPU };

static struct flow_table tables[TABLES];
static char title_many[64];

static void name_tables(const struct load *l)
{
    snprintf(title_many, sizeof(title_many), "%d in flight", l->in_flight);
    for (int t = 0; t < TABLES; t++) {
        tables[t].title = t % 2 ? title_many : "one request at a time";
        tables[t].unit = t < TIMES ? "requests a second"
                         : t < CPU ? "a request and its reply"
                                   : "requests per second of its CPU time";
        tables[t].round_trip = t == TIMES || t == TIMES_MANY;
        tables[t].producers = tables[t].consumers = 1;
    }
}

static const struct load_way *load_way(const struct flow_way *w)
{
    return (const struct load_way *)w;
}

/* One more round of a way: into all three tables. */
static void one_round(const struct load *l, const struct flow_plan *p, int w,
                      size_t s, int many)
{
    struct flow_cell *c[3];
    struct load_round r;
    int n;

    for (int i = 0; i < 3; i++)
        c[i] = &tables[2 * i + many].cell[w][s];
    load_round(load_way(p->way[w]), (int)l->connections[s],
               many ? l->in_flight : 1, &r);
    n = c[0]->rounds;
    c[0]->round[n].median = r.rate;
    c[1]->round[n].median = r.median;
    c[1]->round[n].p99 = r.p99;
    c[2]->round[n].median = r.cpu_rate;
    for (int i = 0; i < 3; i++) {
        c[i]->is = CELL_FULL;
        c[i]->rounds++;
        if (r.error)
            flow_fail(p, w, c[i], r.error);
    }
}

static void sum_up(struct flow_cell *c, bool times)
{
    double value[FLOW_ROUNDS] = {0}, tail[FLOW_ROUNDS] = {0};
    int n = c->rounds;

    for (int i = 0; i < n; i++) {
        value[i] = c->round[i].median;
        tail[i] = c->round[i].p99;
    }
    c->median = flow_middle(value, n);
    c->low = times ? c->median : value[n / 4];
    c->high = times ? flow_middle(tail, n) : value[n - 1 - n / 4];
}

static void mark_unfit(const struct load *l, const struct flow_plan *p,
                       size_t s)
{
    for (int w = 0; w < p->ways; w++)
        for (int t = 0; t < TABLES; t++) {
            struct flow_cell *c = &tables[t].cell[w][s];
            if (!flow_fits(p->way[w], &tables[t], l->connections[s]) ||
                (t >= CPU && load_way(p->way[w])->forks))
                c->is = CELL_NOT_FOR_IT;
        }
}

static void measure(const struct load *l, const struct flow_plan *p, size_t s,
                    int many)
{
    double late = flow_now() + patience;

    for (int n = 0; n < p->rounds && (n == 0 || flow_now() < late); n++)
        for (int w = 0; w < p->ways; w++) {
            if (!flow_fits(p->way[w], &tables[0], l->connections[s]))
                continue;
            if (flow_has_failed(w))
                for (int t = many; t < TABLES; t += 2)
                    tables[t].cell[w][s].is = CELL_FAILED;
            else
                one_round(l, p, w, s, many);
        }
    mark_unfit(l, p, s);
    for (int w = 0; w < p->ways; w++)
        for (int t = many; t < TABLES; t += 2)
            if (tables[t].cell[w][s].is == CELL_FULL)
                sum_up(&tables[t].cell[w][s], tables[t].round_trip);
}

int load_main(const struct load *l, const char *stem, const char *name)
{
    static struct flow_plan plan;
    const struct flow_way *ways[FLOW_WAYS + 1] = {NULL};
    const struct flow f = {.title = l->title,
                           .ways = ways,
                           .sizes = l->connections,
                           .size_count = l->connection_count,
                           .rounds = l->rounds,
                           .columns = "connections"};
    int done = 0, all = 2 * (int)l->connection_count;

    for (size_t i = 0; i < l->way_count && i < FLOW_WAYS; i++)
        ways[i] = &l->ways[i].way;
    if (load_begin() == -1) {
        perror("a folder for sockets");
        return 1;
    }
    name_tables(l);
    flow_choose(&f, stem, &plan);
    for (int many = 0; many < 2; many++)
        for (size_t s = 0; s < l->connection_count; s++) {
            flow_progress(done++, all);
            measure(l, &plan, s, many);
        }
    flow_progress(all, all);
    load_end();
    for (int t = 0; t < TABLES; t++)
        flow_print(&f, plan.way, &tables[t]);
    printf("\n  %s\n", l->note);
    flow_tell_trouble(&plan);
    return flow_draw(&f, plan.way, tables, DRAWN, name);
}
