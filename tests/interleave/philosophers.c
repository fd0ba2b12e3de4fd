/*
 * philosophers — each needs two forks, of which a neighbour wants one.
 *
 * Right:                      Schedules: 718
 * Right:  -DTWO               Schedules: 27
 * Right:  -DTWO -DGIVES_BACK  Schedules: 42
 * Right:  -DWAITER            Schedules: 1908
 * Broken: -DSAME_HAND        Finds: deadlock  Saying: pthread_mutex_lock
 *         Schedules: 34  Preemptions: 1  Switches: 4
 * Broken: -DTWO -DSAME_HAND  Finds: deadlock  Saying: pthread_mutex_lock
 *         Schedules: 6  Preemptions: 1  Switches: 3
 * Broken: -DTWO -DSTUBBORN   Finds: spins     Saying: again and again
 *         Schedules: 6  Preemptions: 1  Switches: 11
 */
#include <sched.h>
#include <semaphore.h>

#include "world.h"

#ifdef TWO
enum { N = 2 };
#else
enum { N = 3 };
#endif

static struct {
    pthread_mutex_t fork[N];
    sem_t seats;
    int meals;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    for (int i = 0; i < N; i++)
        make_mutex(&w->fork[i], PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
    sem_init(&w->seats, 1, N - 1);
}

static void take_both(pthread_mutex_t *left, pthread_mutex_t *right)
{
#ifdef GIVES_BACK
    for (;;) {
        pthread_mutex_lock(left);
        if (pthread_mutex_trylock(right) == 0)
            return;
        pthread_mutex_unlock(left);
        sched_yield();
    }
#elif defined(STUBBORN)
    pthread_mutex_lock(left);
    while (pthread_mutex_trylock(right) != 0)
        sched_yield();
#else
#if !defined(SAME_HAND) && !defined(WAITER)
    if (right < left) {
        pthread_mutex_t *first = right;
        right = left;
        left = first;
    }
#endif
    pthread_mutex_lock(left);
    pthread_mutex_lock(right);
#endif
}

static void eat(void)
{
    int me = interleave_self();
    pthread_mutex_t *left = &w->fork[me], *right = &w->fork[(me + 1) % N];

#ifdef WAITER
    sem_wait(&w->seats);
#endif
    take_both(left, right);
    pthread_mutex_unlock(right);
    pthread_mutex_unlock(left);
#ifdef WAITER
    sem_post(&w->seats);
#endif
}

const struct interleave world = {
    .setup = setup,
    .op =
        {
            {"Kant", eat},
            {"Hume", eat},
#ifndef TWO
            {"Hegel", eat},
#endif
        },
    .preemptions = 2,
};
