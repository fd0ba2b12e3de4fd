/*
 * barrier — nobody goes on before all have come, round after round.
 *
 * Right:           Schedules: 642
 * Right:  -DFUTEX  Schedules: 210
 * Right:  -DMUTEX  Schedules: 24
 * Broken: -DREUSED         Finds: spins     Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 5
 * Broken: -DRELAXED        Finds: race      Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DLATE_RESET     Finds: spins     Saying: again and again
 *         Schedules: 17  Preemptions: 1  Switches: 7
 * Broken: -DMUTEX -DCOUNT  Finds: deadlock  Saying: for a signal
 *         Schedules: 1  Preemptions: 0  Switches: 3
 */
#include <limits.h>

#include "world.h"

#ifdef RELAXED
#define ACQ_REL memory_order_relaxed
#define ACQUIRE memory_order_relaxed
#define RELEASE memory_order_relaxed
#else
#define ACQ_REL memory_order_acq_rel
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#endif

enum { N = 2, ROUNDS = 2 };

static struct {
    atomic_uint count, round;
    pthread_mutex_t mutex;
    pthread_cond_t turned;
    unsigned came, rounds;
    int value[N];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
    make_cond(&w->turned, PTHREAD_PROCESS_SHARED);
}

#ifdef MUTEX
static void meet(void)
{
    pthread_mutex_lock(&w->mutex);
    unsigned round = w->rounds;
    if (++w->came == N) {
        w->came = 0;
        w->rounds++;
        pthread_cond_broadcast(&w->turned);
    }
#ifdef COUNT
    (void)round;
    while (w->came != 0)
        pthread_cond_wait(&w->turned, &w->mutex);
#else
    while (w->rounds == round)
        pthread_cond_wait(&w->turned, &w->mutex);
#endif
    pthread_mutex_unlock(&w->mutex);
}
#elif defined(REUSED)
static void meet(void)
{
    if (atomic_fetch_add(&w->count, 1) == N - 1)
        atomic_store(&w->count, 0);
    else
        while (atomic_load(&w->count) != 0)
            continue;
}
#else
static void meet(void)
{
    unsigned round = atomic_load_explicit(&w->round, memory_order_relaxed);

    if (atomic_fetch_add_explicit(&w->count, 1, ACQ_REL) == N - 1) {
#ifndef LATE_RESET
        atomic_store_explicit(&w->count, 0, memory_order_relaxed);
#endif
        atomic_store_explicit(&w->round, round + 1, RELEASE);
#ifdef LATE_RESET
        atomic_store_explicit(&w->count, 0, memory_order_relaxed);
#endif
#ifdef FUTEX
        futex(&w->round, FUTEX_WAKE, INT_MAX);
#endif
    } else {
        while (atomic_load_explicit(&w->round, ACQUIRE) == round) {
#ifdef FUTEX
            futex(&w->round, FUTEX_WAIT, round);
#endif
        }
    }
}
#endif

/* In even places of the round the own, then the other's: two meetings. */
static void work(void)
{
    int me = interleave_self();

    w->value[me] = 1;
    meet();
    INTERLEAVE_CHECK(w->value[!me] == 1, "went on alone");
    meet();
    w->value[!me] = 2;
}

const struct interleave world = {
    .setup = setup,
    .op = {{"left", work}, {"right", work}},
    .preemptions = 2,
};
