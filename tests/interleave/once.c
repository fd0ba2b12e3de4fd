/*
 * once — made by whoever comes first: double-checked locking.
 *
 * Right:            Schedules: 54
 * Right:  -DFENCES  Schedules: 54
 * Broken: -DPLAIN_FLAG       Finds: race       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DRELAXED_LOOK     Finds: race       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DRELAXED_PUBLISH  Finds: race       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DFLAG_FIRST       Finds: assertion       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 2
 * Broken: -DVOLATILE_FLAG    Finds: assertion  Saying: not made yet
 *         Schedules: 6  Preemptions: 1  Switches: 2
 * Broken: -DNO_SECOND_LOOK   Finds: assertion       Saying: Nothing orders
 *         Schedules: 6  Preemptions: 1  Switches: 5
 */
#include "world.h"

#if defined(RELAXED_LOOK) || defined(FENCES)
#define LOOK memory_order_relaxed
#else
#define LOOK memory_order_acquire
#endif
#if defined(RELAXED_PUBLISH) || defined(FENCES)
#define PUBLISH memory_order_relaxed
#else
#define PUBLISH memory_order_release
#endif

static struct {
    pthread_mutex_t mutex;
#ifdef PLAIN_FLAG
    int made;
#elif defined(VOLATILE_FLAG)
    volatile int made;
#else
    atomic_int made;
#endif
#ifdef VOLATILE_FLAG
    volatile
#endif
        int thing;
    int times;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
}

static int is_made(void)
{
#if defined(PLAIN_FLAG) || defined(VOLATILE_FLAG)
    return w->made;
#else
    int made = atomic_load_explicit(&w->made, LOOK);
#ifdef FENCES
    atomic_thread_fence(memory_order_acquire);
#endif
    return made;
#endif
}

static void publish(void)
{
#if defined(PLAIN_FLAG) || defined(VOLATILE_FLAG)
    w->made = 1;
#else
#ifdef FENCES
    atomic_thread_fence(memory_order_release);
#endif
    atomic_store_explicit(&w->made, 1, PUBLISH);
#endif
}

static void make(void)
{
#if defined(FLAG_FIRST) || defined(VOLATILE_FLAG)
    publish();
    w->thing = 7;
#else
    w->thing = 7;
    publish();
#endif
    w->times++;
}

static void use(void)
{
    int thing;

    if (!is_made()) {
        pthread_mutex_lock(&w->mutex);
#ifndef NO_SECOND_LOOK
        if (!is_made())
#endif
            make();
        pthread_mutex_unlock(&w->mutex);
    }
    thing = w->thing;
    INTERLEAVE_CHECK(thing == 7, "used, and not made yet");
}

static void check(void)
{
    INTERLEAVE_CHECK(w->times == 1, "made %d times", w->times);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", use}, {"other", use}},
    .check = check,
    .preemptions = 2,
};
