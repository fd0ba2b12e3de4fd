/*
 * sea_every.c — every fault in turn, as SQLite tests running out of memory.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls_shape.h"
#include "check.h"
#include "leftovers.h"
#include "legal.h"
#include "sea.h"
#include "sea_call.h"

enum { MOST_POINTS = 200, MOST_ORDINALS = 40 };

/* A kind of call that one process of the calm run made. */
struct point {
    unsigned path;
    enum sea_call call;
    int count;
    bool child;
    char role[48];
};

struct chart {
    int count;
    struct point point[MOST_POINTS];
};

static void survey(struct chart *chart)
{
    chart->count = 0;
    for (int i = 0; i < page->procs; i++)
        for (int call = 0; call < SEA_CALLS; call++) {
            const struct page_proc *proc = &page->proc[i];
            struct point *point = &chart->point[chart->count];
            if (!proc->count[call] || chart->count == MOST_POINTS)
                continue;
            point->path = proc->path;
            point->call = call;
            point->count = proc->count[call];
            point->child = proc->parent >= 0;
            page_role(page, proc->pid, point->role, sizeof(point->role));
            chart->count++;
        }
}

static void one_run(void (*scenario)(void))
{
    leftovers_mark();
    scenario();
    page->plan.call = 0;
    page->plan.storm = 0;
    leftovers_check();
}

static const char *nth_word(int n)
{
    static char word[16];
    const char *end = n % 100 / 10 == 1 ? "th"
                      : n % 10 == 1     ? "st"
                      : n % 10 == 2     ? "nd"
                      : n % 10 == 3     ? "rd"
                                        : "th";

    snprintf(word, sizeof(word), "%d%s", n, end);
    return word;
}

static void announce(const struct point *point, int nth, int fault,
                     bool persists)
{
    char *text = page->scenario;
    size_t cap = sizeof(page->scenario);

    page->steps = 0;
    if (fault >= SEA_RAISED)
        snprintf(text, cap, "%s arrives just before the %s %s() of the %s",
                 name_signal(fault - SEA_RAISED), nth_word(nth),
                 call_name[point->call], point->role);
    else if (fault == SEA_KILLED)
        snprintf(text, cap, "%s is killed at its %s %s()", point->role,
                 nth_word(nth), call_name[point->call]);
    else if (fault == SEA_SHORT_COUNT)
        snprintf(text, cap, "the %s %s() of the %s moves only a part",
                 nth_word(nth), call_name[point->call], point->role);
    else if (fault == SEA_WOKEN)
        snprintf(text, cap, "the %s %s() of the %s is woken by nobody",
                 nth_word(nth), call_name[point->call], point->role);
    else
        snprintf(text, cap, "the %s %s() of the %s%s fails with %s",
                 nth_word(nth), call_name[point->call], point->role,
                 persists ? ", and every later one," : "", name_errno(fault));
}

/* Raise n until the nth call is not made any more. */
static void try_fault(void (*scenario)(void), const struct point *point,
                      int fault, bool persists)
{
    for (int nth = 1; nth <= MOST_ORDINALS; nth++) {
        sea_calm();
        announce(point, nth, fault, persists);
        sea_plan(point->call, point->path, nth, fault, persists);
        one_run(scenario);
        if (!page->plan.reached)
            break;
    }
}

static struct chart *calm_run(void (*scenario)(void))
{
    static struct chart chart;

    sea_calm();
    one_run(scenario);
    survey(&chart);
    return &chart;
}

void sea_every(void (*scenario)(void), int faults)
{
    const struct chart *chart = calm_run(scenario);

    for (int i = 0; i < chart->count; i++) {
        const struct point *point = &chart->point[i];
        const int *fault = legal_faults(point->call);
        for (; *fault; fault++) {
            int kind = legal_kind(*fault);
            if (!(kind & faults))
                continue;
            try_fault(scenario, point, *fault, false);
            if (kind == SEA_ERRORS && point->count > 1 &&
                !(*fault == EAGAIN && call_takes_fd(point->call)))
                try_fault(scenario, point, *fault, true);
        }
        if (faults & SEA_KILLS && point->child)
            try_fault(scenario, point, SEA_KILLED, false);
    }
    sea_calm();
}

void sea_raise_every(void (*scenario)(void), int signal)
{
    const struct chart *chart = calm_run(scenario);

    for (int i = 0; i < chart->count; i++)
        if (!chart->point[i].child)
            try_fault(scenario, &chart->point[i], SEA_RAISED + signal, false);
    sea_calm();
}

void sea_storm(void (*scenario)(void), int faults, int runs)
{
    for (int seed = 1; seed <= runs; seed++) {
        sea_calm();
        page->steps = 0;
        snprintf(page->scenario, sizeof(page->scenario),
                 "a storm: faults by the dice, seed %d", seed);
        sea_storm_plan((unsigned)seed, faults);
        one_run(scenario);
    }
    sea_calm();
}
