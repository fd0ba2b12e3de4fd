/*
 * mcs — the queue lock of Mellor-Crummey and Scott: each waits at a place of
 * its own.
 *
 * Right:           Schedules: 126
 * Right:  -DTHREE  Schedules: 4656
 * Broken: -DRELAXED_HANDOVER  Finds: race   Saying: Nothing orders
 *         Schedules: 4  Preemptions: 1  Switches: 4
 * Broken: -DLATE_RESET        Finds: spins  Saying: again and again
 *         Schedules: 25  Preemptions: 2  Switches: 4
 * Broken: -DNO_EXCHANGE       Finds: spins  Saying: again and again
 *         Schedules: 5  Preemptions: 1  Switches: 4
 */
#include "world.h"

#ifdef RELAXED_HANDOVER
#define HANDOVER memory_order_relaxed
#else
#define HANDOVER memory_order_release
#endif

struct node {
    _Atomic(struct node *) next;
    atomic_int waits;
};

static struct {
    _Atomic(struct node *) tail;
    struct node node[3];
    int n;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void lock(struct node *me)
{
    struct node *before;

    atomic_store_explicit(&me->next, NULL, memory_order_relaxed);
#ifndef LATE_RESET
    atomic_store_explicit(&me->waits, 1, memory_order_relaxed);
#endif
    before = atomic_exchange_explicit(&w->tail, me, memory_order_acq_rel);
    if (before == NULL)
        return;
    atomic_store_explicit(&before->next, me, memory_order_release);
#ifdef LATE_RESET
    atomic_store_explicit(&me->waits, 1, memory_order_relaxed);
#endif
    while (atomic_load_explicit(&me->waits, memory_order_acquire))
        continue;
}

static void unlock(struct node *me)
{
    struct node *next = atomic_load_explicit(&me->next, memory_order_acquire);

    if (next == NULL) {
#ifdef NO_EXCHANGE
        atomic_store_explicit(&w->tail, NULL, memory_order_release);
        return;
#else
        struct node *last = me;
        if (atomic_compare_exchange_strong_explicit(&w->tail, &last, NULL,
                                                    memory_order_release,
                                                    memory_order_relaxed))
            return;
#endif
        while ((next = atomic_load_explicit(&me->next, memory_order_acquire)) ==
               NULL)
            continue;
    }
    atomic_store_explicit(&next->waits, 0, HANDOVER);
}

static void add(void)
{
    struct node *me = &w->node[interleave_self()];

    lock(me);
    w->n++;
    unlock(me);
}

static void check(void)
{
    int all = world.op[2].run ? 3 : 2;

    INTERLEAVE_CHECK(w->n == all, "%d of %d counted", w->n, all);
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
