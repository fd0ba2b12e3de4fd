/*
 * looks — waiting for a flag without sleeping, or not at once.
 *
 * Right:                     Schedules: 32
 * Right:  -DYIELDS           Schedules: 20
 * Right:  -DNAPS             Schedules: 28
 * Right:  -DUSLEEPS          Schedules: 28
 * Right:  -DCLOCK            Schedules: 64  Clang: 68
 * Right:  -DFUTEX            Schedules: 35
 * Right:  -DFUTEX -DPATIENT  Schedules: 42
 * Broken: -DNEVER             Finds: spins     Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DNEVER -DYIELDS    Finds: spins     Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DNEVER -DNAPS      Finds: spins     Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DNEVER -DFUTEX     Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DPLAIN             Finds: race      Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DRELAXED           Finds: race      Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 */
#include <sched.h>
#include <time.h>

#include "world.h"

#ifdef PATIENT
enum { PATIENCE = 1000 };
#else
enum { PATIENCE = 3 };
#endif
#ifdef RELAXED
#define LOAD memory_order_relaxed
#else
#define LOAD memory_order_acquire
#endif

static struct {
#ifdef PLAIN
    int flag;
#else
    atomic_uint flag;
#endif
    int data;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void set(void)
{
    w->data = 7;
#ifdef PLAIN
    w->flag = 1;
#elif !defined(NEVER)
    atomic_store_explicit(&w->flag, 1, memory_order_release);
#ifdef FUTEX
    futex(&w->flag, FUTEX_WAKE, 1);
#endif
#endif
}

static int is_set(void)
{
#ifdef PLAIN
    return w->flag;
#else
    return (int)atomic_load_explicit(&w->flag, LOAD);
#endif
}

static void relax(void)
{
#ifdef YIELDS
    sched_yield();
#elif defined(NAPS)
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
#elif defined(USLEEPS)
    usleep(1000);
#elif defined(CLOCK)
    struct timespec now, then;
    clock_gettime(CLOCK_MONOTONIC, &then);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while (now.tv_sec == then.tv_sec && now.tv_nsec - then.tv_nsec < 1000);
#endif
}

static void await(void)
{
#ifdef FUTEX
    for (int i = 0; i < PATIENCE && !is_set(); i++)
        relax();
    while (!is_set())
        futex(&w->flag, FUTEX_WAIT, 0);
#else
    while (!is_set())
        relax();
#endif
    INTERLEAVE_CHECK(w->data == 7, "the flag came before the data");
}

const struct interleave world = {
    .setup = setup,
    .op = {{"setter", set}, {"waiter", await}},
    .preemptions = 2,
};
