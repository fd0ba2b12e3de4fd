/*
 * robust — a list under a robust mutex, whose owner may be killed in the
 * middle of a change.
 *
 * Right:    Schedules: 100
 * Broken: -DNO_REPAIR      Finds: assertion  Saying: counted
 *         Schedules: 17  Preemptions: 0  Switches: 2
 * Broken: -DNO_CONSISTENT  Finds: assertion  Saying: cannot be locked
 *         Schedules: 11  Preemptions: 0  Switches: 2
 * Broken: -DIGNORED        Finds: deadlock   Saying: pthread_mutex_lock
 *         Schedules: 11  Preemptions: 0  Switches: 2
 * Broken: -DPLAIN          Finds: deadlock   Saying: pthread_mutex_lock
 *         Schedules: 11  Preemptions: 0  Switches: 1
 */
#include <errno.h>

#include "world.h"

#ifdef PLAIN
#define ROBUST PTHREAD_MUTEX_STALLED
#else
#define ROBUST PTHREAD_MUTEX_ROBUST
#endif

enum { NODES = 2, NONE = -1 };

static struct {
    pthread_mutex_t mutex;
    int first, next[NODES];
    int count; /* nodes in the list */
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, ROBUST);
    w->first = NONE;
}

static int length(void)
{
    int n = 0;

    for (int i = w->first; i != NONE; i = w->next[i])
        n++;
    return n;
}

/* 0, or the error. The list is true at every moment; the count may not be. */
static int lock(void)
{
    int error = pthread_mutex_lock(&w->mutex);

    if (error != EOWNERDEAD)
        return error;
#ifdef IGNORED
    return error;
#endif
#ifndef NO_REPAIR
    w->count = length();
#endif
#ifndef NO_CONSISTENT
    pthread_mutex_consistent(&w->mutex);
#endif
    return 0;
}

static void push(void)
{
    int me = interleave_self();
    int error = lock();

#ifdef IGNORED
    if (error == EOWNERDEAD)
        return;
#endif
    INTERLEAVE_CHECK(error == 0, "the list cannot be locked: %d", error);
    w->next[me] = w->first;
    w->first = me;
    w->count++;
    pthread_mutex_unlock(&w->mutex);
}

static void check(void)
{
    int error = lock();

    INTERLEAVE_CHECK(error == 0, "the list cannot be locked: %d", error);
    INTERLEAVE_CHECK(w->count == length(), "%d counted, %d in the list",
                     w->count, length());
    INTERLEAVE_CHECK(w->count >= NODES - 1, "only %d", w->count);
    if (interleave_killed() == -1)
        INTERLEAVE_CHECK(w->count == NODES, "only %d", w->count);
    pthread_mutex_unlock(&w->mutex);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"one", push}, {"other", push}},
    .check = check,
    .preemptions = 1,
    .kills = 3,
};
