/*
 * futex_mutex — Drepper's mutex: 0 free, 1 held, 2 held and waited for.
 * Who waits for another value never sleeps: that is slow, but right.
 *
 * Right:                  Schedules: 16
 * Right:  -DALWAYS_WAKES  Schedules: 34
 * Right:  -DTHREE         Schedules: 342
 * Right:  -DOTHER_VALUE   Schedules: 30
 * Broken: -DWAKES_FIRST      Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 5  Preemptions: 1  Switches: 4
 * Broken: -DNEVER_CONTENDED  Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 4  Preemptions: 1  Switches: 4
 * Broken: -DTHREE -DFORGETS_OTHERS  Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 13  Preemptions: 1  Switches: 6
 * Broken: -DPRIVATE          Finds: deadlock  Saying: FUTEX_PRIVATE_FLAG
 *         Schedules: 4  Preemptions: 1  Switches: 4
 * Broken: -DRELAXED_UNLOCK   Finds: race      Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 */
#include <limits.h>

#include "world.h"

#ifdef PRIVATE
enum { WAIT = FUTEX_WAIT_PRIVATE, WAKE = FUTEX_WAKE_PRIVATE };
#else
enum { WAIT = FUTEX_WAIT, WAKE = FUTEX_WAKE };
#endif
#ifdef RELAXED_UNLOCK
#define RELEASE memory_order_relaxed
#else
#define RELEASE memory_order_release
#endif
#ifdef THREE
enum { N = 3 };
#else
enum { N = 2 };
#endif
enum { FREE, HELD, CONTENDED };

static struct {
    atomic_uint state;
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

#ifdef ALWAYS_WAKES
static void lock(void)
{
    while (atomic_exchange_explicit(&w->state, HELD, memory_order_acquire))
        futex(&w->state, WAIT, HELD);
}

static void unlock(void)
{
    atomic_store_explicit(&w->state, FREE, RELEASE);
    futex(&w->state, WAKE, 1);
}
#else
static void lock(void)
{
    unsigned was = FREE;

    if (atomic_compare_exchange_strong_explicit(
            &w->state, &was, HELD, memory_order_acquire, memory_order_acquire))
        return;
#ifdef NEVER_CONTENDED
    while (atomic_exchange_explicit(&w->state, HELD, memory_order_acquire))
        futex(&w->state, WAIT, HELD);
#elif defined(FORGETS_OTHERS)
    do {
        if (was == CONTENDED ||
            atomic_exchange_explicit(&w->state, CONTENDED,
                                     memory_order_acquire) != FREE)
            futex(&w->state, WAIT, CONTENDED);
        was = FREE;
    } while (!atomic_compare_exchange_strong(&w->state, &was, HELD));
#else
    if (was != CONTENDED)
        was = atomic_exchange_explicit(&w->state, CONTENDED,
                                       memory_order_acquire);
    while (was != FREE) {
#ifdef OTHER_VALUE
        futex(&w->state, WAIT, HELD);
#else
        futex(&w->state, WAIT, CONTENDED);
#endif
        was = atomic_exchange_explicit(&w->state, CONTENDED,
                                       memory_order_acquire);
    }
#endif
}

static void unlock(void)
{
#ifdef WAKES_FIRST
    if (atomic_load(&w->state) == CONTENDED)
        futex(&w->state, WAKE, 1);
    atomic_store_explicit(&w->state, FREE, RELEASE);
#else
    if (atomic_exchange_explicit(&w->state, FREE, RELEASE) == CONTENDED)
        futex(&w->state, WAKE, 1);
#endif
}
#endif

static void add(void)
{
    lock();
    w->n++;
    unlock();
}

static void check(void)
{
    INTERLEAVE_CHECK(w->n == N, "%d of %d counted", w->n, N);
}

const struct interleave world = {
    .setup = setup,
    .op =
        {
            {"one", add},
            {"two", add},
#ifdef THREE
            {"three", add},
#endif
        },
    .check = check,
    .preemptions = 2,
};
