/*
 * watch.c — how the caller waits: asleep, or busy?
 *
 * A thread of the test looks at all other threads of the process. No clock
 * decides: it goes on looking until the caller has stood still for a while
 * (a starved one does not, it is in state R), or has shown that it is busy.
 */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "fact_run.h"
#include "leftovers.h"
#include "logbook.h"
#include "sea.h"
#include "task.h"

enum {
    QUIET = 20,          /* equal looks, 2 ms apart, that mean asleep */
    FRUITLESS = 100,     /* calls for nothing that mean busy */
    ENDLESS = 100000,    /* calls of any use that do, too */
    TICKS = 3,           /* waits of less than a second that mean busy */
    NAPS = 20,           /* the same for nanosleep and its like */
    BURNT_NS = 300000000 /* CPU time for nothing that means busy */
};

enum mood { ASLEEP, POLLING, NAPPING, SPINNING };

struct look {
    bool all_asleep;
    unsigned long long ran;
    int calls, naps;
    int moved; /* calls that moved bytes */
    bool naps_now;
    bool short_wait; /* in a call that gives up within a second */
};

static struct {
    pthread_t thread;
    bool running;
    atomic_int tid;
    pid_t caller;
    int nudges;
    void (*then)(void *);
    void *arg;
    enum mood mood;
    int calls;
} watch;

pid_t watch_thread(void)
{
    return watch.running ? watch.tid : 0;
}

static bool is_nap(const struct page_event *e)
{
    switch (e->call) {
    case SEA_nanosleep:
    case SEA_clock_nanosleep:
    case SEA_usleep:
    case SEA_sleep:
        return true;
    case SEA_poll:
        return e->arg[1] == 0;
    case SEA_select:
        return e->arg[0] == 0;
    case SEA_ppoll: /* with a mask it waits for a signal: no nap */
        return e->arg[1] == 0 && e->arg[3] == 0;
    case SEA_pselect:
        return e->arg[0] == 0 && e->arg[5] == 0;
    default:
        return false;
    }
}

static long ms_of(const struct timespec *t)
{
    return t ? t->tv_sec * 1000L + t->tv_nsec / 1000000 : -1;
}

/* A call that waits for the right thing, but gives up soon to look again, is
 * a polling loop, too. The pointers are the caller's, in our own memory. */
static bool is_short_wait(const struct page_event *e)
{
    const struct timeval *t;
    long ms = -1;

    switch (e->call) {
    case SEA_poll:
        ms = (int)e->arg[2];
        break;
    case SEA_epoll_wait:
    case SEA_epoll_pwait:
        ms = (int)e->arg[3];
        break;
    case SEA_ppoll:
    case SEA_sigtimedwait:
        ms = ms_of((const struct timespec *)e->arg[2]);
        break;
    case SEA_pselect:
        ms = ms_of((const struct timespec *)e->arg[4]);
        break;
    case SEA_select:
        t = (const struct timeval *)e->arg[4];
        ms = t ? t->tv_sec * 1000L + t->tv_usec / 1000 : -1;
        break;
    default:
        break;
    }
    return ms >= 0 && ms < 1000;
}

static void look_at_calls(struct look *now)
{
    const struct page_proc *proc = &page->proc[logbook_self()];
    unsigned end = page->events;

    now->moved = proc->moved;
    for (int call = 0; call < SEA_CALLS; call++)
        now->calls += proc->count[call];
    now->naps = proc->count[SEA_nanosleep] + proc->count[SEA_usleep] +
                proc->count[SEA_clock_nanosleep] + proc->count[SEA_sleep];
    while (end-- > 0) {
        const struct page_event *e = &page->event[end % PAGE_EVENTS];
        if (e->tid != watch.caller)
            continue;
        now->naps_now = !e->ended && is_nap(e);
        now->short_wait = !e->ended && is_short_wait(e);
        return;
    }
}

static struct look look_around(void)
{
    struct look now = {.all_asleep = true};
    DIR *dir = opendir("/proc/self/task");
    struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        struct task task;
        pid_t tid = atoi(entry->d_name);
        if (tid <= 0 || tid == watch.tid || !task_read(&task, getpid(), tid))
            continue;
        now.all_asleep &= task.state == 'S';
        now.ran += task.ran;
    }
    if (dir)
        closedir(dir);
    look_at_calls(&now);
    return now;
}

static bool same(const struct look *a, const struct look *b)
{
    return a->ran == b->ran && a->calls == b->calls && b->all_asleep;
}

/* Look until it is clear how the caller waits. */
static enum mood observe(int quiet_enough)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    struct look first = look_around(), last = first;
    const int begun = first.calls;
    int quiet = 0, given_up = 0;

    for (;;) {
        nanosleep(&moment, NULL);
        struct look now = look_around();
        quiet = same(&last, &now) ? quiet + 1 : 0;
        if (now.moved != last.moved && now.calls - begun < ENDLESS) {
            first = now; /* whoever moves bytes does not wait */
            given_up = 0;
        }
        if (now.ran < first.ran)
            first.ran = now.ran; /* a thread has ended */
        watch.calls = now.calls - first.calls;
        if (quiet >= quiet_enough && !(now.short_wait && quiet_enough == QUIET))
            return now.naps_now ? NAPPING : ASLEEP;
        given_up += last.short_wait && now.calls != last.calls;
        if (given_up >= TICKS)
            return POLLING;
        if (now.naps - first.naps >= NAPS)
            return NAPPING;
        if (watch.calls >= FRUITLESS)
            return POLLING;
        if (now.ran - first.ran >= BURNT_NS)
            return SPINNING;
        last = now;
    }
}

static void nudge(void)
{
    int seen = sea_signals();

    observe(3);
    kill(getpid(), SIGUSR1);
    for (int i = 0; i < 10 && sea_signals() == seen; i++)
        observe(3);
}

static void *watch_main(void *started)
{
    watch.tid = gettid();
    sem_post(started);
    for (int i = 0; i < watch.nudges; i++)
        nudge();
    watch.mood = observe(watch.nudges ? 3 : QUIET);
    watch.then(watch.arg);
    return NULL;
}

static void begin(int nudges, void (*then)(void *), void *arg)
{
    sigset_t all, old;
    sem_t started;

    watch_join();
    watch.caller = gettid();
    watch.nudges = nudges;
    watch.then = then;
    watch.arg = arg;
    sem_init(&started, 0, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    watch.running = true;
    if (pthread_create(&watch.thread, NULL, watch_main, &started) != 0)
        FAIL_TEST("the test itself could not make a thread");
    while (sem_wait(&started) < 0)
        ;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    sem_destroy(&started);
}

bool watch_join(void)
{
    if (!watch.running)
        return false;
    pthread_join(watch.thread, NULL);
    watch.running = false;
    return true;
}

void watch_begin(void (*then)(void *), void *arg)
{
    begin(0, then, arg);
}

void nudge_begin(int times, void (*then)(void *), void *arg)
{
    begin(times, then, arg);
}

void nudge_end(void)
{
    watch_join();
}

void watch_end(const char *advice)
{
    watch_join();
    errno = 0;
    switch (watch.mood) {
    case ASLEEP:
        return;
    case POLLING:
        FAIL_TEST("it asked %d times in vain while there was nothing to do: "
                  "%s",
                  watch.calls, advice);
        return;
    case NAPPING:
        FAIL_TEST("it takes naps between its looks: a nap costs CPU time when "
                  "nothing happens and time when something does; %s",
                  advice);
        return;
    case SPINNING:
        FAIL_TEST("it ran in circles, burning CPU time, while there was "
                  "nothing to do: %s",
                  advice);
    }
}

/* sea_handler */
static atomic_int signals;
static struct sigaction old_action;
static bool installed;

static void count_signal(int sig)
{
    (void)sig;
    signals++;
}

void sea_handler(void)
{
    struct sigaction action = {.sa_handler = count_signal};

    if (!installed)
        sigaction(SIGUSR1, &action, &old_action);
    installed = true;
    signals = 0;
}

int sea_signals(void)
{
    return signals;
}

void handler_restore(void)
{
    watch_join();
    if (installed)
        sigaction(SIGUSR1, &old_action, NULL);
    installed = false;
}
