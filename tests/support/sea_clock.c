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

const struct timespec *sea_until(clockid_t clock, const struct timespec *at,
                                 struct timespec *room)
{
    if (!at || clock == CLOCK_MONOTONIC)
        return at;
    *room = unstepped(*at);
    return room;
}

/* Waits until a moment of a clock; failures as in sea.c. */
#define FAILURE_E(error) -1
#define FAILURE_C(error) (error)
#define ERROR_E(r) ((r) < 0 ? errno : 0)
#define ERROR_C(r) (r)
#define LONGS(...)                                                             \
    (const long[6])                                                            \
    {                                                                          \
        __VA_ARGS__                                                            \
    }
#define TIMED(how, name, params, longs, clock, ...)                            \
    int sea_##name params;                                                     \
    int sea_##name params                                                      \
    {                                                                          \
        struct sailing s = sea_depart(SEA_##name, PC, longs);                  \
        struct timespec room;                                                  \
        if (s.injected)                                                        \
            return FAILURE_##how(s.error);                                     \
        int r = name(__VA_ARGS__, sea_until(clock, at, &room));                \
        sea_arrive(&s, r, ERROR_##how(r));                                     \
        return r;                                                              \
    }
TIMED(E, sem_timedwait, (sem_t * sem, const struct timespec *at),
      LONGS((long)sem, (long)at), CLOCK_REALTIME, sem)
TIMED(E, sem_clockwait,
      (sem_t * sem, clockid_t clock, const struct timespec *at),
      LONGS((long)sem, clock, (long)at), clock, sem, clock)

#define TIMED_LOCK(name, clock_name, type)                                     \
    TIMED(C, name, (type * lock, const struct timespec *at),                   \
          LONGS((long)lock, (long)at), CLOCK_REALTIME, lock)                   \
    TIMED(C, clock_name,                                                       \
          (type * lock, clockid_t clock, const struct timespec *at),           \
          LONGS((long)lock, clock, (long)at), clock, lock, clock)
TIMED_LOCK(pthread_mutex_timedlock, pthread_mutex_clocklock, pthread_mutex_t)
TIMED_LOCK(pthread_rwlock_timedrdlock, pthread_rwlock_clockrdlock,
           pthread_rwlock_t)
TIMED_LOCK(pthread_rwlock_timedwrlock, pthread_rwlock_clockwrlock,
           pthread_rwlock_t)

/* A condition may wake a waiter whom nobody has signalled. */
static int woken(pthread_mutex_t *mutex)
{
    pthread_mutex_unlock(mutex);
    return pthread_mutex_lock(mutex);
}

int sea_pthread_cond_wait(pthread_cond_t *, pthread_mutex_t *);
int sea_pthread_cond_wait(pthread_cond_t *cond, pthread_mutex_t *mutex)
{
    struct sailing s = DEPART(pthread_cond_wait, (long)cond, (long)mutex);
    int r = s.woken ? woken(mutex) : pthread_cond_wait(cond, mutex);

    sea_arrive(&s, r, r);
    return r;
}

/* Its clock was chosen at pthread_cond_init. */
int sea_pthread_cond_timedwait(pthread_cond_t *, pthread_mutex_t *,
                               const struct timespec *);
int sea_pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                               const struct timespec *at)
{
    struct sailing s =
        DEPART(pthread_cond_timedwait, (long)cond, (long)mutex, (long)at);
    struct timespec room;
    int r = s.woken ? woken(mutex)
                    : pthread_cond_timedwait(
                          cond, mutex, sea_until(CLOCK_REALTIME, at, &room));

    sea_arrive(&s, r, r);
    return r;
}

int sea_pthread_cond_clockwait(pthread_cond_t *, pthread_mutex_t *, clockid_t,
                               const struct timespec *);
int sea_pthread_cond_clockwait(pthread_cond_t *cond, pthread_mutex_t *mutex,
                               clockid_t clock, const struct timespec *at)
{
    struct sailing s = DEPART(pthread_cond_clockwait, (long)cond, (long)mutex,
                              clock, (long)at);
    struct timespec room;
    int r = s.woken ? woken(mutex)
                    : pthread_cond_clockwait(cond, mutex, clock,
                                             sea_until(clock, at, &room));

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
