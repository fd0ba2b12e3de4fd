/*
 * handoff — one waits under a condition for what the other gives.
 *
 * Right:                  Schedules: 15
 * Right:  -DSIGNAL_AFTER  Schedules: 17
 * Right:  -DSPURIOUS      Schedules: 29
 * Right:  -DTWICE         Schedules: 693
 * Broken: -DNO_PREDICATE   Finds: deadlock   Saying: for a signal
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DBARE           Finds: deadlock   Saying: for a signal
 *         Schedules: 7  Preemptions: 1  Switches: 3
 * Broken: -DSIGNAL_FIRST   Finds: deadlock   Saying: for a signal
 *         Schedules: 5  Preemptions: 1  Switches: 4
 * Broken: -DNO_SIGNAL      Finds: deadlock   Saying: for a signal
 *         Schedules: 2  Preemptions: 0  Switches: 3
 * Broken: -DSPURIOUS -DIF  Finds: assertion  Saying: nothing was given
 *         Schedules: 9  Preemptions: 1  Switches: 3
 * Broken: -DNO_LOCK        Finds: deadlock   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 3
 * Broken: -DWAITS_UNLOCKED Finds: misuse     Saying: mutex
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DUNLOCKS_TWICE  Finds: misuse     Saying: mutex
 *         Schedules: 1  Preemptions: 0  Switches: 1
 * Broken: -DTWO_MUTEXES    Finds: deadlock   Saying: for a signal
 *         Schedules: 10  Preemptions: 1  Switches: 3
 */
#include "world.h"

static struct {
    pthread_mutex_t mutex, second;
    pthread_cond_t given;
#ifdef TWO_MUTEXES
    atomic_int gift;
#elif defined(BARE)
    atomic_int gift;
#else
    int gift;
#endif
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
    make_mutex(&w->second, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
    make_cond(&w->given, PTHREAD_PROCESS_SHARED);
}

static void give(void)
{
#if defined(BARE) || defined(NO_LOCK)
    w->gift++;
    pthread_cond_signal(&w->given);
#elif defined(SIGNAL_FIRST)
    pthread_cond_signal(&w->given);
    pthread_mutex_lock(&w->mutex);
    w->gift++;
    pthread_mutex_unlock(&w->mutex);
#else
#ifdef TWO_MUTEXES
    pthread_mutex_t *mutex = &w->second;
#else
    pthread_mutex_t *mutex = &w->mutex;
#endif
    pthread_mutex_lock(mutex);
    w->gift++;
#if !defined(SIGNAL_AFTER) && !defined(NO_SIGNAL)
    pthread_cond_signal(&w->given);
#endif
    pthread_mutex_unlock(mutex);
#ifdef SIGNAL_AFTER
    pthread_cond_signal(&w->given);
#endif
#ifdef UNLOCKS_TWICE
    pthread_mutex_unlock(mutex);
#endif
#endif
}

static void take(void)
{
#ifndef WAITS_UNLOCKED
    pthread_mutex_lock(&w->mutex);
#endif
#ifdef NO_PREDICATE
    pthread_cond_wait(&w->given, &w->mutex);
#elif defined(IF)
    if (!w->gift)
        pthread_cond_wait(&w->given, &w->mutex);
#else
    while (!w->gift)
        pthread_cond_wait(&w->given, &w->mutex);
#endif
    INTERLEAVE_CHECK(w->gift > 0, "nothing was given");
    w->gift--;
    pthread_mutex_unlock(&w->mutex);
}

#ifdef TWICE
static void give_and_take(void)
{
    give();
    take();
}
#endif

const struct interleave world = {
    .setup = setup,
    .op =
        {
            {"giver", give},
            {"taker", take},
#ifdef TWICE
            {"both", give_and_take},
#endif
        },
    .preemptions = 2,
#ifdef SPURIOUS
    .spurious = true,
#endif
};
