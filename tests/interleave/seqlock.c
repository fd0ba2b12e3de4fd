/*
 * seqlock — readers look twice at a number that is odd while it is written.
 *
 * Right:             Schedules: 108
 * Right:  -DSEQ_CST  Schedules: 72
 * Broken: -DNO_SECOND_LOOK  Finds: assertion  Saying: torn
 *         Schedules: 14  Preemptions: 1  Switches: 3
 * Broken: -DNEVER_ODD       Finds: assertion  Saying: torn
 *         Schedules: 7  Preemptions: 1  Switches: 2
 * Broken: -DODD_IGNORED     Finds: assertion  Saying: torn
 *         Schedules: 7  Preemptions: 1  Switches: 2
 * Broken: -DPLAIN           Finds: assertion       Saying: Nothing orders
 *         Schedules: 2  Preemptions: 2  Switches: 2
 */
#include "world.h"

#ifdef SEQ_CST
#define RELAXED memory_order_seq_cst
#define ACQUIRE memory_order_seq_cst
#define RELEASE memory_order_seq_cst
#else
#define RELAXED memory_order_relaxed
#define ACQUIRE memory_order_acquire
#define RELEASE memory_order_release
#endif
#ifdef PLAIN
typedef int part;
#define GET(p) (*(p))
#define SET(p, v) (*(p) = (v))
#else
typedef atomic_int part;
#define GET(p) atomic_load_explicit(p, RELAXED)
#define SET(p, v) atomic_store_explicit(p, v, RELAXED)
#endif

static struct {
    atomic_uint number;
    part low, high;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void write_both(void)
{
    unsigned number = atomic_load_explicit(&w->number, RELAXED);

#ifndef NEVER_ODD
    atomic_store_explicit(&w->number, number + 1, RELAXED);
    atomic_thread_fence(memory_order_release);
#endif
    SET(&w->low, 1);
    SET(&w->high, 1);
    atomic_store_explicit(&w->number, number + 2, RELEASE);
}

static int valid(unsigned before)
{
    atomic_thread_fence(memory_order_acquire);
#ifndef ODD_IGNORED
    if (before % 2)
        return 0;
#endif
#ifdef NO_SECOND_LOOK
    return 1;
#else
    return atomic_load_explicit(&w->number, RELAXED) == before;
#endif
}

static void read_both(void)
{
    unsigned before;
    int low, high;

    do {
        before = atomic_load_explicit(&w->number, ACQUIRE);
        low = GET(&w->low);
        high = GET(&w->high);
    } while (!valid(before));
    INTERLEAVE_CHECK(low == high, "torn: %d and %d", low, high);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"writer", write_both}, {"reader", read_both}},
    .preemptions = 2,
};
