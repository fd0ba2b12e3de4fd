/*
 * spinlock — test-and-set, and test before test-and-set.
 *
 * Right:                  Schedules: 618
 * Right:  -DTTAS          Schedules: 876
 * Right:  -DTTAS -DYIELD  Schedules: 558
 * Right:  -DWEAK          Schedules: 618
 * Broken: -DRELAXED_UNLOCK  Finds: race   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DRELAXED_LOCK    Finds: race   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DPLAIN_UNLOCK    Finds: race   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DTEST_THEN_SET   Finds: assertion   Saying: Nothing orders
 *         Schedules: 10  Preemptions: 2  Switches: 6
 * Broken: -DFORGETS         Finds: spins  Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 3
 */
#include <sched.h>

#include "world.h"

#ifdef RELAXED_LOCK
#define ACQUIRE memory_order_relaxed
#else
#define ACQUIRE memory_order_acquire
#endif
#ifdef RELAXED_UNLOCK
#define RELEASE memory_order_relaxed
#else
#define RELEASE memory_order_release
#endif

static struct {
    atomic_int held;
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void lock(void)
{
#ifdef TEST_THEN_SET
    while (atomic_load(&w->held))
        continue;
    atomic_store(&w->held, 1);
#elif defined(TTAS)
    do {
        while (atomic_load_explicit(&w->held, memory_order_relaxed)) {
#ifdef YIELD
            sched_yield();
#endif
        }
    } while (atomic_exchange_explicit(&w->held, 1, ACQUIRE));
#elif defined(WEAK)
    int free = 0;
    while (!atomic_compare_exchange_weak_explicit(&w->held, &free, 1, ACQUIRE,
                                                  memory_order_relaxed))
        free = 0;
#else
    while (atomic_exchange_explicit(&w->held, 1, ACQUIRE))
        continue;
#endif
}

static void unlock(void)
{
#ifdef PLAIN_UNLOCK
    *(int *)&w->held = 0;
#else
    atomic_store_explicit(&w->held, 0, RELEASE);
#endif
}

static void add(void)
{
    lock();
    w->n++;
#ifdef FORGETS
    if (w->n == 2)
        return;
#endif
    unlock();
}

static void check(void)
{
    INTERLEAVE_CHECK(w->n == 3, "%d of 3 counted", w->n);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", add}, {"two", add}, {"three", add}},
    .check = check,
    .preemptions = 2,
};
