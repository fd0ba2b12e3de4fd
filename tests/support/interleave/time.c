/*
 * time.c — virtual time: nobody really sleeps, and a second is over as soon
 * as there is nothing else to do.
 */
#include <sched.h>
#include <sys/time.h>
#include <unistd.h>

#include "models.h"

#define SECOND INT64_C(1000000000)

bool il_is_time(const struct timespec *t)
{
    return t->tv_nsec >= 0 && t->tv_nsec < SECOND;
}

/* Those that glibc can wait by. */
bool il_is_waiting_clock(clockid_t clock)
{
    return clock == CLOCK_REALTIME || clock == CLOCK_MONOTONIC;
}

/* Beyond what 64 bits of ns can count is for ever. */
int64_t il_moment(clockid_t clock, const struct timespec *t)
{
    if (t->tv_sec < 0)
        return INT64_MIN;
    if (t->tv_sec > INT64_MAX / SECOND - 1)
        return IL_FOR_EVER;
    return il_deadline(clock, t);
}

int64_t il_after(const struct timespec *t)
{
    if (t->tv_sec > (INT64_MAX - il->time) / SECOND - 1)
        return IL_FOR_EVER;
    return il->time + t->tv_sec * SECOND + t->tv_nsec;
}

/* Who looks at the clock again and again waits for time to pass: then it
 * does, faster and faster. */
static int64_t look(clockid_t clock)
{
    il->time += il->time / 64;
    return il_clock_now(clock);
}

int il_clock_gettime(clockid_t, struct timespec *);
int il_clock_gettime(clockid_t clock, struct timespec *t)
{
    struct interleave_step *step;
    int64_t now;

    if (!il_active() || clock_gettime(clock, t) < 0 ||
        clock == CLOCK_PROCESS_CPUTIME_ID || clock == CLOCK_THREAD_CPUTIME_ID)
        return clock_gettime(clock, t);
    step = il_call("clock_gettime", NULL, IL_PC);
    now = look(clock);
    t->tv_sec = now / SECOND;
    t->tv_nsec = now % SECOND;
    return il_returns(step, 0);
}

int il_gettimeofday(struct timeval *, void *);
int il_gettimeofday(struct timeval *t, void *zone)
{
    struct interleave_step *step;
    int64_t now;

    if (!il_active() || !t)
        return gettimeofday(t, zone);
    step = il_call("gettimeofday", NULL, IL_PC);
    now = look(CLOCK_REALTIME);
    t->tv_sec = now / SECOND;
    t->tv_usec = now % SECOND / 1000;
    return il_returns(step, 0);
}

time_t il_time(time_t *);
time_t il_time(time_t *t)
{
    time_t now;

    if (!il_active())
        return time(t);
    il_call("time", NULL, IL_PC);
    now = look(CLOCK_REALTIME) / SECOND;
    if (t)
        *t = now;
    return now;
}

/* ----------------------------------------------------------------- sleeps */

static bool never(const struct il_actor *actor)
{
    (void)actor;
    return false;
}

static void sleep_until(int64_t deadline, const char *call, uintptr_t pc)
{
    while (deadline > il->time)
        il_wait_for(NULL, never, deadline, false, call, pc);
}

int il_nanosleep(const struct timespec *, struct timespec *);
int il_nanosleep(const struct timespec *t, struct timespec *rest)
{
    struct interleave_step *step;

    if (!il_active())
        return nanosleep(t, rest);
    step = il_call("nanosleep", NULL, IL_PC);
    if (!il_is_time(t) || t->tv_sec < 0)
        return il_returns_errno(step, EINVAL);
    sleep_until(il_after(t), "nanosleep", IL_PC);
    return il_returns(step, 0);
}

int il_clock_nanosleep(clockid_t, int, const struct timespec *,
                       struct timespec *);
int il_clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
                       struct timespec *rest)
{
    struct interleave_step *step;

    if (!il_active())
        return clock_nanosleep(clock, flags, t, rest);
    step = il_call("clock_nanosleep", NULL, IL_PC);
    if (!il_is_time(t) || t->tv_sec < 0)
        return il_returns(step, EINVAL);
    sleep_until(flags & TIMER_ABSTIME ? il_moment(clock, t) : il_after(t),
                "clock_nanosleep", IL_PC);
    return il_returns(step, 0);
}

int il_usleep(useconds_t);
int il_usleep(useconds_t us)
{
    struct timespec t = {us / 1000000, us % 1000000 * 1000};

    if (!il_active())
        return usleep(us);
    il_call("usleep", NULL, IL_PC);
    sleep_until(il_after(&t), "usleep", IL_PC);
    return 0;
}

unsigned il_sleep_seconds(unsigned);
unsigned il_sleep_seconds(unsigned seconds)
{
    struct timespec t = {seconds, 0};

    if (!il_active())
        return sleep(seconds);
    il_call("sleep", NULL, IL_PC);
    sleep_until(il_after(&t), "sleep", IL_PC);
    return 0;
}

/* ------------------------------------------------------------------ yield */

int il_sched_yield(void);
int il_sched_yield(void)
{
    if (!il_active())
        return sched_yield();
    il_call("sched_yield", NULL, IL_PC);
    il_yield();
    return 0;
}
