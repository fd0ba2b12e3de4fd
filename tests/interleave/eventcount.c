/*
 * eventcount — sleep on a futex until something is ready; who makes it ready
 * calls the kernel only if somebody sleeps.
 *
 * Each writes its own word and then reads the other's: without seq_cst both
 * writes may still be in a store buffer.
 *
 * Right:                            Schedules: 29
 * Right:  -DFENCES                  Schedules: 43
 * Right:  -DALWAYS_WAKES -DACQ_REL  Schedules: 47
 * Right:  -DSPURIOUS                Schedules: 60
 * Broken: -DACQ_REL   Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 19  Preemptions: 2  Switches: 4
 * Broken: -DNO_LOOK   Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 8  Preemptions: 1  Switches: 3
 * Broken: -DLATE_KEY  Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 8  Preemptions: 1  Switches: 3
 * Broken: -DNO_BUMP   Finds: deadlock  Saying: FUTEX_WAIT
 *         Schedules: 7  Preemptions: 1  Switches: 3
 * Broken: -DPRIVATE   Finds: deadlock  Saying: FUTEX_PRIVATE_FLAG
 *         Schedules: 2  Preemptions: 0  Switches: 3
 * Broken: -DSPURIOUS -DONCE  Finds: assertion  Saying: Nothing orders
 *         Schedules: 2  Preemptions: 1  Switches: 3
 */
#include <limits.h>

#include "world.h"

#ifdef PRIVATE
enum { WAIT = FUTEX_WAIT_PRIVATE, WAKE = FUTEX_WAKE_PRIVATE };
#else
enum { WAIT = FUTEX_WAIT, WAKE = FUTEX_WAKE };
#endif
#if defined(ACQ_REL) || defined(FENCES)
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
    atomic_uint ready, sleepers, epoch;
    int data;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

static void notify(void)
{
    w->data = 7;
    atomic_store_explicit(&w->ready, 1, STORE);
    FENCE();
#ifndef ALWAYS_WAKES
    if (atomic_load_explicit(&w->sleepers, LOAD) == 0)
        return;
#endif
#ifndef NO_BUMP
    atomic_fetch_add(&w->epoch, 1);
#endif
    futex(&w->epoch, WAKE, INT_MAX);
}

static void await(void)
{
    while (!atomic_load_explicit(&w->ready, LOAD)) {
#ifndef LATE_KEY
        unsigned key = atomic_load(&w->epoch);
#endif
        atomic_store_explicit(&w->sleepers, 1, STORE);
        FENCE();
#ifndef NO_LOOK
        if (atomic_load_explicit(&w->ready, LOAD))
            break;
#endif
#ifdef LATE_KEY
        unsigned key = atomic_load(&w->epoch);
#endif
        futex(&w->epoch, WAIT, key);
#ifdef ONCE
        break;
#endif
    }
    INTERLEAVE_CHECK(w->data == 7, "awake, and nothing is ready");
}

const struct interleave world = {
    .setup = setup,
    .op = {{"notifier", notify}, {"sleeper", await}},
    .preemptions = 2,
#ifdef SPURIOUS
    .spurious = true,
#endif
};
