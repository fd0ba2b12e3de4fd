/*
 * timed — whoever waits gives up after a second. Nobody waits for it: the
 * clock goes on when nobody else can.
 *
 * Right:                       Schedules: 40
 * Right:  -DNEVER              Schedules: 9
 * Right:  -DMONOTONIC -DNEVER  Schedules: 9
 * Right:  -DSEMAPHORE          Schedules: 17
 * Right:  -DSEMAPHORE -DNEVER  Schedules: 7
 * Right:  -DLOCK -DNEVER       Schedules: 7
 * Right:  -DTWO                Schedules: 2424
 * Broken: -DTWO -DKEEPS_LOCK     Finds: deadlock   Saying: mutex
 *         Schedules: 63  Preemptions: 1  Switches: 6
 * Broken: -DWRONG_CLOCK -DNEVER  Finds: assertion  Saying: gave up after
 *         Schedules: 1  Preemptions: 0  Switches: 2
 */
#include <errno.h>
#include <semaphore.h>
#include <time.h>

#include "world.h"

#ifdef MONOTONIC
#define CLOCK CLOCK_MONOTONIC
#else
#define CLOCK CLOCK_REALTIME
#endif
#ifdef WRONG_CLOCK
#define DEADLINE_CLOCK CLOCK_MONOTONIC
#else
#define DEADLINE_CLOCK CLOCK
#endif

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t given;
    sem_t gifts;
    int gift, took[3];
} * w;

static void setup(void)
{
    pthread_condattr_t attr;

    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
    pthread_condattr_init(&attr);
    pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setclock(&attr, CLOCK);
    pthread_cond_init(&w->given, &attr);
    pthread_condattr_destroy(&attr);
    sem_init(&w->gifts, 1, 0);
}

static struct timespec in_a_second(void)
{
    struct timespec at;

    clock_gettime(DEADLINE_CLOCK, &at);
    at.tv_sec++;
    return at;
}

static void give(void)
{
#ifdef NEVER
    return;
#elif defined(SEMAPHORE)
    sem_post(&w->gifts);
#else
    pthread_mutex_lock(&w->mutex);
    w->gift++;
    pthread_cond_signal(&w->given);
    pthread_mutex_unlock(&w->mutex);
#endif
}

/* 0, or ETIMEDOUT. */
static int take(void)
{
    struct timespec at = in_a_second();
    int error = 0;

#ifdef SEMAPHORE
    while ((error = sem_timedwait(&w->gifts, &at)) != 0 && errno == EINTR)
        continue;
    return error == 0 ? 0 : errno;
#elif defined(LOCK)
    error = pthread_mutex_timedlock(&w->mutex, &at);
    if (error == 0)
        pthread_mutex_unlock(&w->mutex);
    return error;
#else
    pthread_mutex_lock(&w->mutex);
    while (!w->gift && error == 0)
        error = pthread_cond_timedwait(&w->given, &w->mutex, &at);
    if (w->gift) {
        w->gift--;
        error = 0;
    }
#ifdef KEEPS_LOCK
    if (error != 0)
        return error;
#endif
    pthread_mutex_unlock(&w->mutex);
    return error;
#endif
}

static void try(void)
{
    struct timespec before, after;
    int error;

    clock_gettime(CLOCK_MONOTONIC, &before);
    error = take();
    clock_gettime(CLOCK_MONOTONIC, &after);
    w->took[interleave_self()] = error == 0;
    INTERLEAVE_CHECK(error == 0 || error == ETIMEDOUT, "error %d", error);
#ifdef LOCK
    INTERLEAVE_CHECK(error == 0, "nobody held it");
#else
    long ms = (after.tv_sec - before.tv_sec) * 1000 +
              (after.tv_nsec - before.tv_nsec) / 1000000;
    INTERLEAVE_CHECK(error == 0 || ms >= 1000, "gave up after %ld ms", ms);
#endif
}

static void check(void)
{
#if !defined(SEMAPHORE) && !defined(LOCK)
    int took = w->took[1] + w->took[2];

#ifdef NEVER
    INTERLEAVE_CHECK(took == 0, "%d took what was never given", took);
#else
    INTERLEAVE_CHECK(took + w->gift == 1, "%d took, %d left", took, w->gift);
#endif
#endif
}

const struct interleave world = {
    .setup = setup,
    .op =
        {
            {"giver", give},
            {"taker 1", try},
#ifdef TWO
            {"taker 2", try},
#endif
        },
    .check = check,
    .preemptions = 2,
};
