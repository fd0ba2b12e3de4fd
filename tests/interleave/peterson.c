/*
 * peterson — Peterson's lock for two.
 *
 * The exchange makes do without seq_cst: who exchanges second has read what
 * the first wrote, and so sees its flag.
 *
 * Right:              Schedules: 94
 * Right:  -DEXCHANGE  Schedules: 124
 * Right:  -DFENCES    Schedules: 144
 * Right:  -DWALKS     Schedules: 302
 * Broken: -DACQ_REL     Finds: assertion   Saying: Nothing orders
 *         Schedules: 78  Preemptions: 2  Switches: 4
 * Broken: -DRELAXED     Finds: assertion   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 2  Switches: 4
 * Broken: -DNO_FENCES   Finds: assertion   Saying: Nothing orders
 *         Schedules: 78  Preemptions: 2  Switches: 4
 * Broken: -DTURN_FIRST  Finds: assertion   Saying: Nothing orders
 *         Schedules: 37  Preemptions: 2  Switches: 5
 * Broken: -DTURN_FIRST -DWALKS  Finds: race  Saying: Nothing orders
 *         Schedules: 5  Preemptions: 2  Switches: 3
 * Broken: -DNO_TURN     Finds: spins  Saying: again and again
 *         Schedules: 5  Preemptions: 1  Switches: 5
 */
#include "world.h"

#if defined(RELAXED) || defined(FENCES) || defined(NO_FENCES)
#define LOAD memory_order_relaxed
#define STORE memory_order_relaxed
#elif defined(ACQ_REL) || defined(EXCHANGE)
#define LOAD memory_order_acquire
#define STORE memory_order_release
#else
#define LOAD memory_order_seq_cst
#define STORE memory_order_seq_cst
#endif
#ifdef FENCES
#define FENCE() atomic_thread_fence(memory_order_seq_cst)
#else
#define FENCE() (void)0
#endif

static struct {
    atomic_int flag[2];
    atomic_int turn;
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void lock(int me)
{
    int other = !me;

#ifdef TURN_FIRST
    atomic_store_explicit(&w->turn, other, STORE);
    atomic_store_explicit(&w->flag[me], 1, STORE);
#else
    atomic_store_explicit(&w->flag[me], 1, STORE);
    FENCE();
#ifdef EXCHANGE
    atomic_exchange_explicit(&w->turn, other, memory_order_acq_rel);
#else
    atomic_store_explicit(&w->turn, other, STORE);
#endif
#endif
    FENCE();
    while (atomic_load_explicit(&w->flag[other], LOAD)
#ifndef NO_TURN
           && atomic_load_explicit(&w->turn, LOAD) == other
#endif
    )
        continue;
#ifndef RELAXED
    atomic_thread_fence(memory_order_acquire);
#endif
}

static void unlock(int me)
{
#ifndef RELAXED
    atomic_thread_fence(memory_order_release);
#endif
    atomic_store_explicit(&w->flag[me], 0, STORE);
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
#ifdef WALKS
    .walks = 300, /* seeds 1 … 300, the same in every run */
#else
    .preemptions = 2,
#endif
};
