/*
 * bakery — Lamport's bakery: a number each, the lowest is served.
 *
 * Right:           Schedules: 305
 * Right:  -DTHREE  Schedules: 692
 * Broken: -DACQ_REL      Finds: assertion   Saying: Nothing orders
 *         Schedules: 225  Preemptions: 2  Switches: 4
 * Broken: -DNO_CHOOSING  Finds: assertion   Saying: Nothing orders
 *         Schedules: 75  Preemptions: 2  Switches: 5
 * Broken: -DNO_TIE       Finds: spins  Saying: again and again
 *         Schedules: 9  Preemptions: 1  Switches: 6
 */
#include "world.h"

#ifdef ACQ_REL
#define LOAD memory_order_acquire
#define STORE memory_order_release
#else
#define LOAD memory_order_seq_cst
#define STORE memory_order_seq_cst
#endif
#ifdef THREE
enum { N = 3 };
#else
enum { N = 2 };
#endif

static struct {
    atomic_int choosing[N];
    atomic_int number[N];
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void take_number(int me)
{
    int highest = 0;

#ifndef NO_CHOOSING
    atomic_store_explicit(&w->choosing[me], 1, STORE);
#endif
    for (int i = 0; i < N; i++) {
        int number = atomic_load_explicit(&w->number[i], LOAD);
        highest = number > highest ? number : highest;
    }
    atomic_store_explicit(&w->number[me], highest + 1, STORE);
#ifndef NO_CHOOSING
    atomic_store_explicit(&w->choosing[me], 0, STORE);
#endif
}

static int goes_first(int i, int me)
{
    int theirs = atomic_load_explicit(&w->number[i], LOAD);
    int mine = atomic_load_explicit(&w->number[me], LOAD);

#ifdef NO_TIE
    return theirs != 0 && theirs <= mine;
#else
    return theirs != 0 && (theirs < mine || (theirs == mine && i < me));
#endif
}

static void add(void)
{
    int me = interleave_self();

    take_number(me);
    for (int i = 0; i < N; i++) {
        if (i == me)
            continue;
        while (atomic_load_explicit(&w->choosing[i], LOAD))
            continue;
        while (goes_first(i, me))
            continue;
    }
    w->n++;
    atomic_store_explicit(&w->number[me], 0, STORE);
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
#ifdef THREE
    .preemptions = 1,
#else
    .preemptions = 2,
#endif
};
