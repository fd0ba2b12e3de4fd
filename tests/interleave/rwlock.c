/*
 * rwlock — readers together, a writer alone: a mutex and a condition.
 *
 * Starvation of the writer is no finding here: each operation ends, so in
 * every schedule the readers leave at last.
 *
 * Right:                   Schedules: 140
 * Right:  -DWRITERS_FIRST  Schedules: 140
 * Broken: -DUPGRADES      Finds: deadlock   Saying: for a signal
 *         Schedules: 8  Preemptions: 1  Switches: 3
 * Broken: -DWRITERS_FIRST -DONE_SIGNAL  Finds: deadlock  Saying: signal
 *         Schedules: 35  Preemptions: 1  Switches: 5
 * Broken: -DNOT_COUNTED   Finds: assertion       Saying: Nothing orders
 *         Schedules: 58  Preemptions: 1  Switches: 4
 */
#include "world.h"

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int readers, writing, writers_waiting;
    int low, high;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
    make_cond(&w->changed, PTHREAD_PROCESS_SHARED);
}

static void lock_to_read(void)
{
    pthread_mutex_lock(&w->mutex);
    while (w->writing
#ifdef WRITERS_FIRST
           || w->writers_waiting
#endif
    )
        pthread_cond_wait(&w->changed, &w->mutex);
#ifndef NOT_COUNTED
    w->readers++;
#endif
    pthread_mutex_unlock(&w->mutex);
}

/* mine: how many of the readers are the caller itself. */
static void lock_to_write(int mine)
{
    pthread_mutex_lock(&w->mutex);
    w->writers_waiting++;
    while (w->writing || w->readers > mine)
        pthread_cond_wait(&w->changed, &w->mutex);
    w->writers_waiting--;
    w->writing = 1;
    pthread_mutex_unlock(&w->mutex);
}

static void unlock(void)
{
    pthread_mutex_lock(&w->mutex);
    if (w->writing)
        w->writing = 0;
    else if (w->readers > 0)
        w->readers--;
#ifdef ONE_SIGNAL
    pthread_cond_signal(&w->changed);
#else
    pthread_cond_broadcast(&w->changed);
#endif
    pthread_mutex_unlock(&w->mutex);
}

#ifdef UPGRADES
static void look_and_change(void)
{
    lock_to_read();
    lock_to_write(1);
    w->readers--;
    w->low++;
    w->high++;
    unlock();
}
#else
static void change(void)
{
    lock_to_write(0);
    w->low++;
    w->high++;
    unlock();
}

static void look(void)
{
    lock_to_read();
    INTERLEAVE_CHECK(w->low == w->high, "%d and %d", w->low, w->high);
    unlock();
}
#endif

const struct interleave world = {
    .setup = setup,
#ifdef UPGRADES
    .op = {{"one", look_and_change}, {"two", look_and_change}},
    .preemptions = 2,
#elif defined(ONE_SIGNAL)
    .op = {{"writer 1", change}, {"reader", look}, {"writer 2", change}},
    .preemptions = 2,
#else
    .op = {{"writer", change}, {"reader 1", look}, {"reader 2", look}},
    .preemptions = 1,
#endif
};
