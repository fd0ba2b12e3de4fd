/*
 * spsc — a ring for one producer and one consumer, who wait by looking.
 *
 * Right:            Schedules: 485
 * Right:  -DYIELD   Schedules: 365
 * Right:  -DFENCES  Schedules: 485
 * Broken: -DPUT_LOOKS_RELAXED      Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DPUT_PUBLISHES_RELAXED  Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DGET_LOOKS_RELAXED      Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DGET_FREES_RELAXED      Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DINDEX_FIRST            Finds: assertion  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 4
 * Broken: -DFREED_FIRST            Finds: assertion  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 4
 * Broken: -DONE_TOO_MANY           Finds: assertion  Saying: got 2
 *         Schedules: 1  Preemptions: 0  Switches: 2
 */
#include <sched.h>

#include "world.h"

#define ORDER_PUT_LOOKS memory_order_acquire
#define ORDER_PUT_PUBLISHES memory_order_release
#define ORDER_GET_LOOKS memory_order_acquire
#define ORDER_GET_FREES memory_order_release
#if defined(PUT_LOOKS_RELAXED) || defined(FENCES)
#undef ORDER_PUT_LOOKS
#define ORDER_PUT_LOOKS memory_order_relaxed
#endif
#if defined(PUT_PUBLISHES_RELAXED) || defined(FENCES)
#undef ORDER_PUT_PUBLISHES
#define ORDER_PUT_PUBLISHES memory_order_relaxed
#endif
#if defined(GET_LOOKS_RELAXED) || defined(FENCES)
#undef ORDER_GET_LOOKS
#define ORDER_GET_LOOKS memory_order_relaxed
#endif
#if defined(GET_FREES_RELAXED) || defined(FENCES)
#undef ORDER_GET_FREES
#define ORDER_GET_FREES memory_order_relaxed
#endif
#ifdef FENCES
#define FENCE(order) atomic_thread_fence(order)
#else
#define FENCE(order) (void)0
#endif
#ifdef YIELD
#define RELAX() sched_yield()
#else
#define RELAX() (void)0
#endif

enum { SLOTS = 1, ITEMS = 2 };
#ifdef ONE_TOO_MANY
enum { MOST = SLOTS + 1 };
#else
enum { MOST = SLOTS };
#endif

static struct {
    atomic_uint head, tail; /* written by the producer, the consumer */
    int slot[SLOTS];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void put(int item)
{
    unsigned head = atomic_load_explicit(&w->head, memory_order_relaxed);

    while (head - atomic_load_explicit(&w->tail, ORDER_PUT_LOOKS) == MOST)
        RELAX();
    FENCE(memory_order_acquire);
#ifdef INDEX_FIRST
    atomic_store_explicit(&w->head, head + 1, ORDER_PUT_PUBLISHES);
    w->slot[head % SLOTS] = item;
#else
    w->slot[head % SLOTS] = item;
    FENCE(memory_order_release);
    atomic_store_explicit(&w->head, head + 1, ORDER_PUT_PUBLISHES);
#endif
}

static int get(void)
{
    unsigned tail = atomic_load_explicit(&w->tail, memory_order_relaxed);
    int item;

    while (atomic_load_explicit(&w->head, ORDER_GET_LOOKS) == tail)
        RELAX();
    FENCE(memory_order_acquire);
#ifdef FREED_FIRST
    atomic_store_explicit(&w->tail, tail + 1, ORDER_GET_FREES);
    item = w->slot[tail % SLOTS];
#else
    item = w->slot[tail % SLOTS];
    FENCE(memory_order_release);
    atomic_store_explicit(&w->tail, tail + 1, ORDER_GET_FREES);
#endif
    return item;
}

static void produce(void)
{
    for (int i = 1; i <= ITEMS; i++) {
        put(i);
        interleave_say("put %d", i);
    }
}

static void consume(void)
{
    for (int i = 1; i <= ITEMS; i++) {
        int item = get();
        interleave_say("got %d", item);
        INTERLEAVE_CHECK(item == i, "got %d instead of %d", item, i);
    }
}

const struct interleave world = {
    .setup = setup,
    .op = {{"producer", produce}, {"consumer", consume}},
    .preemptions = 2,
};
