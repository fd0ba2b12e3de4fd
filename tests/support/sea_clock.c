/*
 * sea_clock.c — clocks: the wall clock may be stepped at any time.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>

#include "sea_call.h"

/* The wall clock may be stepped at any time; the monotonic one never is. */
static long wall_step(void)
{
    if (!page || !page->wall_step)
        return 0;
    return atomic_fetch_add(&page->wall_looks, 1) ? page->wall_step : 0;
}

/*
 * The point on the real wall clock that the stepped one calls `at`. Points on
 * the monotonic clock are told by their size: it counts from the boot.
 */
static struct timespec unstepped(struct timespec at)
{
    if (page && at.tv_sec > 1000000000)
        at.tv_sec -= page->wall_step;
    return at;
}

int sea_sem_timedwait(sem_t *, const struct timespec *);
int sea_sem_timedwait(sem_t *sem, const struct timespec *at)
{
    struct sailing s = DEPART(sem_timedwait, (long)sem, (long)at);
    struct timespec when = unstepped(*at);
    int r;

    if (s.injected)
        return -1;
    r = sem_timedwait(sem, &when);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *,
                               const struct timespec *);
int sea_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                               const struct timespec *at)
{
    struct sailing s =
        DEPART(pthread_cond_timedwait, (long)cond, (long)mutex, (long)at);
    struct timespec when = unstepped(*at);
    int r;

    if (s.injected)
        return s.error;
    r = pthread_cond_timedwait(cond, mutex, &when);
    sea_arrive(&s, r, r);
    return r;
}

int sea_timerfd_settime(int, int, const struct itimerspec *,
                        struct itimerspec *);
int sea_timerfd_settime(int fd, int flags, const struct itimerspec *new,
                        struct itimerspec *old)
{
    struct sailing s = DEPART(timerfd_settime, fd, flags, (long)new, (long)old);
    struct itimerspec when = *new;
    int r;

    if (s.injected)
        return -1;
    if (flags & TFD_TIMER_ABSTIME)
        when.it_value = unstepped(new->it_value);
    r = timerfd_settime(fd, flags, &when, old);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_clock_nanosleep(clockid_t, int, const struct timespec *,
                        struct timespec *);
int sea_clock_nanosleep(clockid_t clock, int flags, const struct timespec *t,
                        struct timespec *rest)
{
    struct sailing s =
        DEPART(clock_nanosleep, clock, flags, (long)t, (long)rest);
    struct timespec when = flags & TIMER_ABSTIME ? unstepped(*t) : *t;
    int r;

    if (s.injected)
        return s.error;
    r = clock_nanosleep(clock, flags, &when, rest);
    sea_arrive(&s, r, r);
    return r;
}

int sea_clock_gettime(clockid_t, struct timespec *);
int sea_clock_gettime(clockid_t clock, struct timespec *t)
{
    struct sailing s = DEPART(clock_gettime, clock, (long)t);
    int r = clock_gettime(clock, t);

    if (r == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        t->tv_sec += wall_step();
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

int sea_gettimeofday(struct timeval *, void *);
int sea_gettimeofday(struct timeval *t, void *zone)
{
    struct sailing s = DEPART(gettimeofday, (long)t, (long)zone);
    int r = gettimeofday(t, zone);

    if (r == 0 && t)
        t->tv_sec += wall_step();
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

time_t sea_time(time_t *);
time_t sea_time(time_t *t)
{
    struct sailing s = DEPART(time, (long)t);
    time_t r = time(NULL) + wall_step();

    if (t)
        *t = r;
    sea_arrive(&s, (long)r, 0);
    return r;
}
