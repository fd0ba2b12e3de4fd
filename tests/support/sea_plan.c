/*
 * sea_plan.c — when the sea is rough, and for whom.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "legal.h"
#include "sea.h"
#include "sea_call.h"

/* The same dice for the same seed, process, call and ordinal, whatever the
 * kernel does in between: a storm can be replayed. (A splitmix64 step.) */
static uint64_t dice(uint64_t seed, const struct page_event *event)
{
    uint64_t x = seed * 0x9e3779b97f4a7c15u;

    x ^= (uint64_t)page->proc[event->proc].path << 32;
    x ^= (uint64_t)event->call << 20 ^ (uint64_t)event->ordinal;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return x ^ x >> 31;
}

static int stormy(const struct page_event *event)
{
    const int *fault = legal_faults(event->call);
    uint64_t roll = dice(page->plan.storm, event);
    int count = 0;

    if (roll % 1000 >= (unsigned)page->plan.storm_rate)
        return 0;
    while (fault[count])
        count++;
    if (count == 0)
        return 0;
    int chosen = fault[roll / 1000 % (unsigned)count];
    if (!(legal_kind(chosen) & page->plan.kinds))
        return 0;
    return chosen;
}

static int planned(const struct page_event *event)
{
    struct page_plan *plan = &page->plan;
    int ordinal;

    if (plan->storm)
        return stormy(event);
    if ((plan->call != event->call + 1 && plan->call != SEA_CALLS + 1) ||
        plan->proc != page->proc[event->proc].path)
        return 0;
    ordinal = plan->call == SEA_CALLS + 1 ? event->nth : event->ordinal;
    if (plan->persists ? ordinal < plan->nth : ordinal != plan->nth)
        return 0;
    plan->reached = true;
    return plan->fault;
}

struct sailing sea_depart(enum sea_call call, uintptr_t pc, const long arg[6])
{
    struct sailing s = {.saved_errno = errno};
    int fault;

    if (!page)
        return s;
    s.event = logbook_begin(call, arg, pc);
    s.call = call;
    s.began = s.event->began;
    memcpy(s.arg, arg, sizeof(s.arg));
    fault = planned(s.event);
    if (fault >= SEA_RAISED) {
        page->plan.hit = true;
        kill(getpid(), fault - SEA_RAISED);
    } else if (fault == SEA_KILLED) {
        page->plan.hit = true;
        kill(getpid(), SIGKILL);
    } else if (fault && legal(call, arg, fault)) {
        page->plan.hit = true;
        page->plan.error = fault;
        s.event->injected = true;
        s.shorten = fault == SEA_SHORT_COUNT;
        s.woken = fault == SEA_WOKEN;
        s.injected = !s.shorten && !s.woken;
        s.error = fault;
        legal_traces(call, arg, fault);
    }
    errno = s.injected ? fault : s.saved_errno;
    if (s.injected)
        logbook_end(s.event, -1, fault);
    errno = s.injected ? fault : s.saved_errno;
    return s;
}

/* A poll that came back with nothing has told its caller nothing. */
static bool is_poll(enum sea_call call)
{
    return call == SEA_poll || call == SEA_ppoll || call == SEA_select ||
           call == SEA_pselect || call == SEA_epoll_wait ||
           call == SEA_epoll_pwait;
}

/* The ring may have turned meanwhile. */
static bool still_ours(const struct sailing *s)
{
    return s->event && s->event->began == s->began && s->event->pid == getpid();
}

/* Byte by byte: memcpy is the sanitizers', who have looked at these already. */
void sea_saw(struct sailing *s, const struct iovec *v, int parts, ssize_t bytes)
{
    int n = 0, most = bytes < PAGE_PREVIEW ? (int)bytes : PAGE_PREVIEW;

    if (bytes <= 0 || !still_ours(s))
        return;
    for (int i = 0; i < parts; i++) {
        const volatile unsigned char *from = v[i].iov_base;
        for (size_t k = 0; k < v[i].iov_len && n < most; k++)
            s->event->preview[n++] = from[k];
    }
    s->event->previewed = n;
}

void sea_reaped(struct sailing *s, pid_t pid, int status)
{
    if (pid <= 0 || !still_ours(s))
        return;
    s->event->reaped = pid;
    s->event->status = status;
}

void sea_arrive(struct sailing *s, long result, int error)
{
    int saved = errno;

    if (s->event) {
        if (still_ours(s))
            logbook_end(s->event, result, error);
        if (!error && !(result == 0 && is_poll(s->call)))
            legal_learnt(s->call, s->arg);
    }
    errno = saved;
}

void sea_calm(void)
{
    memset((void *)&page->plan, 0, sizeof(page->plan));
    page->scenario[0] = '\0';
    page->wall_step = 0;
    page->wall_looks = 0;
    legal_forget();
    sea_allocated_clear();
    logbook_clear();
}

static void plan(enum sea_call call, unsigned path, int nth, int fault,
                 bool persists)
{
    memset((void *)&page->plan, 0, sizeof(page->plan));
    page->plan.proc = path;
    page->plan.nth = nth;
    page->plan.fault = fault;
    page->plan.persists = persists;
    page->plan.call = (int)call + 1;
}

static unsigned own_path(void)
{
    return page->proc[logbook_self()].path;
}

void sea_fail(enum sea_call call, int nth, int error)
{
    plan(call, own_path(), nth, error, false);
}

void sea_fail_from(enum sea_call call, int nth, int error)
{
    plan(call, own_path(), nth, error, true);
}

void sea_raise(enum sea_call call, int nth, int signal)
{
    plan(call, own_path(), nth, SEA_RAISED + signal, false);
}

void sea_storm_plan(unsigned seed, int faults)
{
    memset((void *)&page->plan, 0, sizeof(page->plan));
    page->plan.kinds = faults;
    page->plan.storm_rate = 200;
    page->plan.storm = seed;
}

void sea_plan(enum sea_call call, unsigned path, int nth, int fault,
              bool persists)
{
    plan(call, path, nth, fault, persists);
}

bool sea_hit(void)
{
    return page->plan.hit;
}

bool sea_hit_child(void)
{
    return page->plan.hit && page->plan.proc != own_path();
}

int sea_error(void)
{
    return page->plan.error;
}

int sea_count(enum sea_call call)
{
    int sum = 0;

    for (int i = 0; i < page->procs; i++)
        sum += page->proc[i].count[call];
    return sum;
}

int sea_count_here(enum sea_call call)
{
    return page->proc[logbook_self()].count[call];
}

void sea_step_wall_clock(long seconds)
{
    page->wall_looks = 0;
    page->wall_step = seconds;
}
