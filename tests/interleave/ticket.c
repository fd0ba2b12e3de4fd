/*
 * ticket — a ticket lock.
 *
 * Right:           Schedules: 3306
 * Right:  -DYIELD  Schedules: 1041
 * Broken: -DRELAXED_UNLOCK  Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DRELAXED_LOCK    Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DSAME_TICKET     Finds: spins  Saying: again and again
 *         Schedules: 12  Preemptions: 1  Switches: 4
 */
#include <sched.h>

#include "world.h"

#ifdef RELAXED_LOCK
#define LOAD memory_order_relaxed
#else
#define LOAD memory_order_acquire
#endif
#ifdef RELAXED_UNLOCK
#define STORE memory_order_relaxed
#else
#define STORE memory_order_release
#endif

static struct {
    atomic_uint next, serving;
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void lock(void)
{
#ifdef SAME_TICKET
    unsigned mine = atomic_load(&w->next);
    atomic_store(&w->next, mine + 1);
#else
    unsigned mine =
        atomic_fetch_add_explicit(&w->next, 1, memory_order_relaxed);
#endif
    while (atomic_load_explicit(&w->serving, LOAD) != mine) {
#ifdef YIELD
        sched_yield();
#endif
    }
}

/* Only the owner writes it. */
static void unlock(void)
{
    unsigned mine = atomic_load_explicit(&w->serving, memory_order_relaxed);

    atomic_store_explicit(&w->serving, mine + 1, STORE);
}

static void add(void)
{
    lock();
    w->n++;
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
