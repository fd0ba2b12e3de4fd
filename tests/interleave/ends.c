/*
 * ends — an operation that does not come to its end.
 *
 * Right:    Schedules: 4
 * Broken: -DEXITS         Finds: left         Saying: exit
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DEXITS_HARD    Finds: left         Saying: exit
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DNULL_POINTER  Finds: crash        Saying: SIGSEGV
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DABORTS        Finds: crash        Saying: SIGABRT
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DDIVIDES       Finds: crash        Saying: SIGFPE
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DOVERFLOWS     Finds: crash        Saying: SIGSEGV
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DALONE         Finds: without end  Saying: end
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DFOR_EVER      Finds: spins        Saying: again and again
 *         Schedules: 1  Preemptions: 0  Switches: 2
 */
#include "world.h"

static struct {
    atomic_int n, zero;
    int *nowhere;
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
}

#ifdef OVERFLOWS
static int deep(int n)
{
    volatile char frame[4096];

    frame[n % 4096] = (char)n;
    return deep(n + 1) + frame[0];
}
#endif

static void add(void)
{
    if (atomic_fetch_add(&w->n, 1) == 0)
        return;
#ifdef EXITS
    exit(0);
#elif defined(EXITS_HARD)
    _exit(0);
#elif defined(NULL_POINTER)
    *w->nowhere = 1;
#elif defined(ABORTS)
    abort();
#elif defined(DIVIDES)
    atomic_store(&w->n, 7 / w->zero);
#elif defined(OVERFLOWS)
    atomic_store(&w->n, deep(0));
#elif defined(ALONE)
    for (volatile int i = 0;; i++)
        continue;
#elif defined(FOR_EVER)
    for (;;)
        atomic_fetch_add(&w->n, 1);
#endif
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", add}, {"other", add}},
    .preemptions = 1,
};
