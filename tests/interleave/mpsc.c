/*
 * mpsc — Vyukov's list for many producers and one consumer.
 *
 * Right:    Schedules: 2190
 * Broken: -DRELAXED_LINK  Finds: race   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DRELAXED_LOOK  Finds: race   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DDATA_LATE     Finds: assertion   Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 3
 * Broken: -DRESET_LATE    Finds: spins  Saying: again and again
 *         Schedules: 36  Preemptions: 1  Switches: 5
 * Broken: -DTWO_STEPS     Finds: spins  Saying: again and again
 *         Schedules: 36  Preemptions: 1  Switches: 5
 */
#include "world.h"

#ifdef RELAXED_LINK
#define LINK memory_order_relaxed
#else
#define LINK memory_order_release
#endif
#ifdef RELAXED_LOOK
#define LOOK memory_order_relaxed
#else
#define LOOK memory_order_acquire
#endif

struct node {
    _Atomic(struct node *) next;
    int value;
};

static struct {
    _Atomic(struct node *) newest;
    struct node *oldest; /* the consumer's own */
    struct node dummy, node[2];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    atomic_store(&w->newest, &w->dummy);
    w->oldest = &w->dummy;
}

static void push(struct node *node, int value)
{
    struct node *before;

#ifndef DATA_LATE
    node->value = value;
#endif
#ifndef RESET_LATE
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
#endif
#ifdef TWO_STEPS
    before = atomic_load(&w->newest);
    atomic_store(&w->newest, node);
#else
    before = atomic_exchange_explicit(&w->newest, node, memory_order_acq_rel);
#endif
#ifdef RESET_LATE
    atomic_store_explicit(&node->next, NULL, memory_order_relaxed);
#endif
    atomic_store_explicit(&before->next, node, LINK);
#ifdef DATA_LATE
    node->value = value;
#endif
}

static void produce(void)
{
    int me = interleave_self();

    push(&w->node[me], 10 + me);
}

static int take(void)
{
    struct node *next;

    do {
        next = atomic_load_explicit(&w->oldest->next, LOOK);
    } while (next == NULL);
    w->oldest = next;
    return next->value;
}

static void consume(void)
{
    int sum = take();

    sum += take();
    INTERLEAVE_CHECK(sum == 21, "the sum is %d", sum);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"producer 1", produce},
           {"producer 2", produce},
           {"consumer", consume}},
    .preemptions = 2,
};
