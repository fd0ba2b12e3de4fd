/*
 * counter — two processes add one to the same number.
 *
 * Right:              Schedules: 6
 * Right:  -DRELAXED   Schedules: 6
 * Right:  -DEXCHANGE  Schedules: 18
 * Right:  -DMUTEX     Schedules: 14
 * Broken: -DPLAIN       Finds: assertion       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 4
 * Broken: -DVOLATILE    Finds: assertion  Saying: 1 of 2 counted
 *         Schedules: 4  Preemptions: 1  Switches: 4
 * Broken: -DLOAD_STORE  Finds: assertion  Saying: 1 of 2 counted
 *         Schedules: 4  Preemptions: 1  Switches: 4
 */
#include "world.h"

static struct {
#if defined(PLAIN) || defined(MUTEX)
    int n;
#elif defined(VOLATILE)
    volatile int n;
#else
    atomic_int n;
#endif
    pthread_mutex_t mutex;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
}

static void add(void)
{
#if defined(PLAIN) || defined(VOLATILE)
    w->n++;
#elif defined(MUTEX)
    pthread_mutex_lock(&w->mutex);
    w->n++;
    pthread_mutex_unlock(&w->mutex);
#elif defined(LOAD_STORE)
    atomic_store(&w->n, atomic_load(&w->n) + 1);
#elif defined(EXCHANGE)
    int was = atomic_load(&w->n);
    while (!atomic_compare_exchange_weak(&w->n, &was, was + 1))
        continue;
#elif defined(RELAXED)
    atomic_fetch_add_explicit(&w->n, 1, memory_order_relaxed);
#else
    atomic_fetch_add(&w->n, 1);
#endif
}

static void check(void)
{
    INTERLEAVE_CHECK(w->n == 2, "%d of 2 counted", w->n);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", add}, {"other", add}},
    .check = check,
    .preemptions = 3,
};
