/*
 * conds.c — condition variables. Nobody remembers a signal.
 */
#include <string.h>

#include "core.h"
#include "models.h"

/* How glibc marks them in __wrefs. */
enum { WREFS_SHARED = 1, WREFS_MONOTONIC = 2 };

/* What a waiter keeps in detail[]. */
enum { ITS_MUTEX };

static struct il_object *mutex_of(const struct il_actor *actor)
{
    return &il->object[actor->detail[ITS_MUTEX]];
}

static struct il_object *look_at(const pthread_cond_t *cond)
{
    struct il_object *o = il_object(IL_COND, cond);
    unsigned marks = cond->__data.__wrefs;

    if (o->cond.known)
        return o;
    o->cond.known = true;
    o->cond.shared = marks & WREFS_SHARED;
    o->cond.clock = marks & WREFS_MONOTONIC ? CLOCK_MONOTONIC : CLOCK_REALTIME;
    return o;
}

static struct il_object *condition(pthread_cond_t *cond, const char *call)
{
    struct il_object *o = look_at(cond);

    if (o->cond.destroyed)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a condition that has been destroyed: destroy "
                "it when nobody can come any more.",
                il_name(il_me), call);
    if (!o->cond.shared && il_place(cond))
        il_one_process_only(
            o, call, "condition",
            o->cond.made ? "pthread_condattr_setpshared with "
                           "PTHREAD_PROCESS_SHARED is missing"
                         : "pthread_cond_init with PTHREAD_PROCESS_SHARED "
                           "was never called for it");
    return o;
}

static void nobody_waits(struct il_object *o, const char *call)
{
    int waiters[IL_ACTORS];

    if (il_waiters(o, waiters) > 0)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a condition in which %s is waiting.",
                il_name(il_me), call, il_name(waiters[0]));
}

static void made(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
    struct il_object *o = il_object(IL_COND, cond);
    int shared = PTHREAD_PROCESS_PRIVATE;
    clockid_t clock = CLOCK_REALTIME;

    if (attr) {
        pthread_condattr_getpshared(attr, &shared);
        pthread_condattr_getclock(attr, &clock);
    }
    memset(&o->cond, 0, sizeof(o->cond));
    o->user = 0;
    o->cond.known = o->cond.made = true;
    o->cond.shared = shared == PTHREAD_PROCESS_SHARED;
    o->cond.clock = clock;
}

int il_pthread_cond_init(pthread_cond_t *, const pthread_condattr_t *);
int il_pthread_cond_init(pthread_cond_t *cond, const pthread_condattr_t *attr)
{
    struct interleave_step *step = NULL;
    struct il_object *o;
    int r;

    if (il_active()) {
        step = il_call("pthread_cond_init", cond, IL_PC);
        o = il_object_known(IL_COND, cond);
        if (o)
            nobody_waits(o, "pthread_cond_init");
    }
    r = pthread_cond_init(cond, attr);
    if (il && r == 0)
        made(cond, attr);
    return step ? il_returns(step, r) : r;
}

int il_pthread_cond_destroy(pthread_cond_t *);
int il_pthread_cond_destroy(pthread_cond_t *cond)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active()) {
        if (il)
            look_at(cond)->cond.destroyed = true;
        return pthread_cond_destroy(cond);
    }
    step = il_call("pthread_cond_destroy", cond, IL_PC);
    o = look_at(cond);
    nobody_waits(o, "pthread_cond_destroy");
    o->cond.destroyed = true;
    return il_returns(step, 0);
}

/* ------------------------------------------------------------------- wait */

/* Woken is not enough: it returns with the mutex. */
static bool may_return(const struct il_actor *actor)
{
    return actor->woken && il_mutex_is_free(mutex_of(actor));
}

static void right_mutex(struct il_object *o, struct il_object *mutex,
                        const char *call)
{
    int waiters[IL_ACTORS];

    if (!il_mutex_is_mine(mutex))
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s with a mutex that %s holds. Lock it before the "
                "predicate is tested, and wait with it locked: else the "
                "change and its signal may come in between.",
                il_name(il_me), call,
                mutex->mutex.owner ? il_name(mutex->mutex.owner - 1)
                                   : "nobody");
    if (il_waiters(o, waiters) > 0 && mutex_of(&il->actor[waiters[0]]) != mutex)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s with another mutex than %s, which waits for the "
                "same condition: all who wait use the same one.",
                il_name(il_me), call, il_name(waiters[0]));
}

static int sleep_in(struct il_object *o, struct il_object *mutex,
                    int64_t deadline, const char *call, uintptr_t pc)
{
    struct il_actor *self = il_actor_self();
    enum il_woke how;

    self->detail[ITS_MUTEX] = mutex - il->object;
    how = il_wait_for(o, may_return, deadline, true, call, pc);
    if (self->woken) {
        il_acquire(o);
        /* Here it may be killed: the signal goes with it. */
        il_arrive(false, false, pc, o->place);
    }
    return how == IL_TIMED_OUT && !self->woken ? ETIMEDOUT : 0;
}

static int wait(pthread_cond_t *cond, pthread_mutex_t *mutex, int clock,
                const struct timespec *until, const char *call, uintptr_t pc)
{
    struct interleave_step *step = il_call(call, cond, pc);
    struct il_object *o = condition(cond, call);
    struct il_object *m = il_mutex(mutex, call);
    int64_t deadline = IL_FOR_EVER;
    int timed_out = ETIMEDOUT, error;

    if (until) {
        clock = clock < 0 ? o->cond.clock : clock;
        if (!il_is_time(until) || !il_is_waiting_clock(clock))
            return il_returns(step, EINVAL);
        deadline = il_moment(clock, until);
    }
    right_mutex(o, m, call);
    il_mutex_give(m);
    if (deadline > il->time)
        timed_out = sleep_in(o, m, deadline, call, pc);
    else
        il_call(call, mutex, pc); /* too late to sleep; others may lock it */
    error = il_mutex_regain(m, call, pc);
    return il_returns(step, error ? error : timed_out);
}

int il_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int il_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    if (!il_active())
        return pthread_cond_wait(cond, mutex);
    return wait(cond, mutex, -1, NULL, "pthread_cond_wait", IL_PC);
}

int il_pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *,
                              const struct timespec *);
int il_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              const struct timespec *until)
{
    if (!il_active())
        return pthread_cond_timedwait(cond, mutex, until);
    return wait(cond, mutex, -1, until, "pthread_cond_timedwait", IL_PC);
}

int il_pthread_cond_clockwait(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                              const struct timespec *);
int il_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                              clockid_t clock, const struct timespec *until)
{
    if (!il_active())
        return pthread_cond_clockwait(cond, mutex, clock, until);
    if (!il_is_waiting_clock(clock))
        return EINVAL;
    return wait(cond, mutex, clock, until, "pthread_cond_clockwait", IL_PC);
}

/* ----------------------------------------------------------------- signal */

static void wake(struct il_object *o, int actor)
{
    il->actor[actor].woken = true;
    il->actor[actor].timed = il->actor[actor].can_spurious = false;
    o->cond.woke = 1 + actor;
}

static int signal_to(pthread_cond_t *cond, bool all, const char *call,
                     uintptr_t pc)
{
    struct interleave_step *step = il_call(call, cond, pc);
    struct il_object *o = condition(cond, call);
    int waiters[IL_ACTORS];
    int n = il_waiters(o, waiters);

    if (n > 0)
        il_changed();
    il_release(o);
    o->cond.signals++;
    o->cond.signals_lost += n == 0;
    o->cond.last_by = il_me;
    o->cond.last_at = pc;
    o->cond.last_when = il->rising;
    o->cond.woke = 0;
    if (n > 0 && !all)
        wake(o, waiters[n > 1 ? il_choose(n) : 0]);
    while (n > 0 && all)
        wake(o, waiters[--n]);
    return il_returns(step, 0);
}

int il_pthread_cond_signal(pthread_cond_t *);
int il_pthread_cond_signal(pthread_cond_t *cond)
{
    if (!il_active())
        return pthread_cond_signal(cond);
    return signal_to(cond, false, "pthread_cond_signal", IL_PC);
}

int il_pthread_cond_broadcast(pthread_cond_t *);
int il_pthread_cond_broadcast(pthread_cond_t *cond)
{
    if (!il_active())
        return pthread_cond_broadcast(cond);
    return signal_to(cond, true, "pthread_cond_broadcast", IL_PC);
}

/* -------------------------------------------------------------- sentences */

static void tell_why(const struct il_actor *actor, char *buf, size_t cap)
{
    const struct il_object *o = actor->object;
    struct il_at at = il_at(o->cond.last_at);
    const char *by = il_name(o->cond.last_by);
    int woke = o->cond.woke - 1;

    if (o->cond.signals == 0)
        snprintf(buf, cap, "Nobody has signalled this condition at all.");
    else if (woke >= 0 && il->actor[woke].state == IL_DEAD)
        snprintf(buf, cap,
                 "The signal of %s%s woke %s, which was killed before it "
                 "could do anything or wake the next one.",
                 by, at.text, il_name(woke));
    else if (o->cond.last_when >= actor->queued)
        snprintf(buf, cap,
                 "The signal of %s%s woke %s instead; pthread_cond_signal "
                 "wakes only one. Does every change signal, and do all who "
                 "wait for this condition wait for the same thing?",
                 by, at.text, il_name(woke));
    else if (woke >= 0)
        snprintf(buf, cap,
                 "The last signal, of %s%s, woke %s; none has come since. "
                 "Does every change signal?",
                 by, at.text, il_name(woke));
    else
        snprintf(buf, cap,
                 "The last signal, of %s%s, came when nobody waited, and a "
                 "condition remembers none. Is what is awaited changed, and "
                 "tested before each wait, with the mutex locked?",
                 by, at.text);
}

bool il_conds_tell(const struct il_actor *actor, char *buf, size_t cap)
{
    char why[384];
    int n = (int)(actor - il->actor);

    if (!actor->object || actor->object->kind != IL_COND)
        return false;
    if (actor->woken) {
        il_mutex_holder(mutex_of(actor), n, why, sizeof(why));
        snprintf(buf, cap,
                 "%s has been woken in %s%s, and needs the mutex that %s.",
                 il_name(n), actor->wait_call, il_at(actor->wait_pc).text, why);
        return true;
    }
    tell_why(actor, why, sizeof(why));
    snprintf(buf, cap, "%s waits in %s%s for a signal. %s", il_name(n),
             actor->wait_call, il_at(actor->wait_pc).text, why);
    return true;
}
