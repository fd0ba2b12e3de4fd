/*
 * dekker — Dekker's lock for two.
 *
 * Right:            Schedules: 78
 * Right:  -DFENCES  Schedules: 125
 * Broken: -DACQ_REL    Finds: assertion   Saying: Nothing orders
 *         Schedules: 66  Preemptions: 2  Switches: 4
 * Broken: -DNO_FENCES  Finds: assertion   Saying: Nothing orders
 *         Schedules: 66  Preemptions: 2  Switches: 4
 * Broken: -DONE_FENCE  Finds: assertion   Saying: Nothing orders
 *         Schedules: 131  Preemptions: 2  Switches: 4
 * Broken: -DSTUBBORN   Finds: spins  Saying: again and again
 *         Schedules: 6  Preemptions: 1  Switches: 5
 */
#include "world.h"

#if defined(FENCES) || defined(NO_FENCES) || defined(ONE_FENCE)
#define LOAD memory_order_relaxed
#define STORE memory_order_relaxed
#elif defined(ACQ_REL)
#define LOAD memory_order_acquire
#define STORE memory_order_release
#else
#define LOAD memory_order_seq_cst
#define STORE memory_order_seq_cst
#endif

static struct {
    atomic_int wants[2];
    atomic_int turn;
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

/* Between my store and the look at the other's: all depends on it. */
static void want(int me)
{
    atomic_store_explicit(&w->wants[me], 1, STORE);
#ifdef FENCES
    atomic_thread_fence(memory_order_seq_cst);
#elif defined(ONE_FENCE)
    if (me == 0)
        atomic_thread_fence(memory_order_seq_cst);
#endif
}

static void lock(int me)
{
    want(me);
    while (atomic_load_explicit(&w->wants[!me], LOAD)) {
#ifndef STUBBORN
        if (atomic_load_explicit(&w->turn, LOAD) == me)
            continue;
        atomic_store_explicit(&w->wants[me], 0, STORE);
        while (atomic_load_explicit(&w->turn, LOAD) != me)
            continue;
        want(me);
#endif
    }
    atomic_thread_fence(memory_order_acquire);
}

static void unlock(int me)
{
    atomic_store_explicit(&w->turn, !me, STORE);
    atomic_thread_fence(memory_order_release);
    atomic_store_explicit(&w->wants[me], 0, STORE);
}

static void add(int me)
{
    lock(me);
    w->n++;
    unlock(me);
}

static void left(void)
{
    add(0);
}

static void right(void)
{
    add(1);
}

static void check(void)
{
    INTERLEAVE_CHECK(w->n == 2, "%d of 2 counted", w->n);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"left", left}, {"right", right}},
    .check = check,
    .preemptions = 2,
};
