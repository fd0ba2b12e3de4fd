/*
 * treiber — Treiber's stack of nodes that are used again.
 *
 * The head is an index and, beside it, a tag that each exchange counts up.
 * Without the tag, who was interrupted between its look at the head and its
 * exchange cannot tell that the head has been away and is back (ABA).
 *
 * Right:    Schedules: 73
 * Broken: -DUNTAGGED       Finds: assertion  Saying: is in two places
 *         Schedules: 4  Preemptions: 1  Switches: 4
 * Broken: -DRELAXED_PUSH   Finds: race       Saying: Nothing orders
 *         Schedules: 2  Preemptions: 0  Switches: 2
 * Broken: -DRELAXED_POP    Finds: race       Saying: Nothing orders
 *         Schedules: 2  Preemptions: 0  Switches: 2
 * Broken: -DPLAIN_NEXT     Finds: race       Saying: Nothing orders
 *         Schedules: 4  Preemptions: 1  Switches: 2
 */
#include "world.h"

#ifdef RELAXED_PUSH
#define PUSHED memory_order_relaxed
#else
#define PUSHED memory_order_release
#endif
#ifdef RELAXED_POP
#define POPPED memory_order_relaxed
#else
#define POPPED memory_order_acquire
#endif

enum { NODES = 3, NONE = 0 };

struct node {
#ifdef PLAIN_NEXT
    uint32_t next;
#else
    _Atomic uint32_t next;
#endif
    int owner; /* 1 + operation; whoever has popped it may write it */
};

static struct {
    _Atomic uint64_t head; /* tag, index */
    struct node node[NODES + 1];
    uint32_t has[2][2];
} * w;

static uint64_t head_of(uint32_t index, uint64_t old)
{
#ifdef UNTAGGED
    (void)old;
    return index;
#else
    return ((old >> 32) + 1) << 32 | index;
#endif
}

static void push(uint32_t index)
{
    uint64_t old = atomic_load_explicit(&w->head, memory_order_relaxed);

    do {
#ifdef PLAIN_NEXT
        w->node[index].next = (uint32_t)old;
#else
        atomic_store_explicit(&w->node[index].next, (uint32_t)old,
                              memory_order_relaxed);
#endif
    } while (!atomic_compare_exchange_strong_explicit(
        &w->head, &old, head_of(index, old), PUSHED, memory_order_relaxed));
}

static uint32_t pop(void)
{
    uint64_t old = atomic_load_explicit(&w->head, POPPED);
    uint32_t next;

    do {
        if ((uint32_t)old == NONE)
            return NONE;
#ifdef PLAIN_NEXT
        next = w->node[(uint32_t)old].next;
#else
        next = atomic_load_explicit(&w->node[(uint32_t)old].next,
                                    memory_order_relaxed);
#endif
    } while (!atomic_compare_exchange_strong_explicit(
        &w->head, &old, head_of(next, old), POPPED, POPPED));
    return (uint32_t)old;
}

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    for (uint32_t i = NODES; i >= 1; i--)
        push(i);
}

static uint32_t pop_and_mark(void)
{
    uint32_t index = pop();

    w->node[index].owner = 1 + interleave_self();
    return index;
}

static void one(void)
{
    w->has[0][0] = pop_and_mark();
}

static void two(void)
{
    uint32_t again = pop_and_mark();

    w->has[1][0] = pop_and_mark();
    push(again);
}

static void check(void)
{
    int places[NODES + 1] = {0};

    for (int i = 0; i < 4; i++)
        places[w->has[i / 2][i % 2]]++;
    for (uint32_t i = pop(); i != NONE; i = pop())
        places[i]++;
    for (int i = 1; i <= NODES; i++) {
        INTERLEAVE_CHECK(places[i] < 2, "node %d is in two places", i);
        INTERLEAVE_CHECK(places[i] > 0, "node %d is lost", i);
    }
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", one}, {"two", two}},
    .check = check,
    .preemptions = 2,
};
