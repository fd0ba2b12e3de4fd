/*
 * copy — a struct is copied while the other writes it.
 *
 * Right:                  Schedules: 12
 * Broken: -DBARE             Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DBARE -DASSIGNED  Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DBARE -DMOVED     Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DBARE -DCLEARED   Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DBARE -DSTRING    Finds: race  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Right:  -DBARE -DAPART  Schedules: 2
 */
#include <string.h>

#include "world.h"

struct message {
    char text[56];
    long number;
};

static struct {
    pthread_mutex_t mutex;
    struct message message[2];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
}

static void lock(void)
{
#ifndef BARE
    pthread_mutex_lock(&w->mutex);
#endif
}

static void unlock(void)
{
#ifndef BARE
    pthread_mutex_unlock(&w->mutex);
#endif
}

static void change(void)
{
    lock();
#ifdef APART
    w->message[1].number = 7;
#elif defined(STRING)
    strcpy(w->message[0].text, "seven");
#else
    w->message[0].number = 7;
#endif
    unlock();
}

static void copy(void)
{
    struct message copy = {.number = 0};

    lock();
#ifdef ASSIGNED
    copy = w->message[0];
#elif defined(MOVED)
    memmove(&copy, &w->message[0], sizeof(copy));
#elif defined(CLEARED)
    memset(&w->message[0], 0, sizeof(w->message[0]));
#elif defined(STRING)
    copy.number = w->message[0].text[0] ? 7 : 0;
#else
    memcpy(&copy, &w->message[0], sizeof(copy));
#endif
    unlock();
    interleave_say("got %ld", copy.number);
    INTERLEAVE_CHECK(copy.number == 0 || copy.number == 7, "%ld", copy.number);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"writer", change}, {"reader", copy}},
    .preemptions = 2,
};
