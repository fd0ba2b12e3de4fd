/*
 * buffer_cond — the bounded buffer with a mutex and two conditions.
 *
 * Right:                          Schedules: 236
 * Right:  -DSIGNAL_AFTER          Schedules: 218
 * Right:  -DONE_COND -DBROADCAST  Schedules: 276
 * Right:  -DSPURIOUS -DPAIR       Schedules: 143
 * Broken: -DIF                     Finds: assertion  Saying: it was empty
 *         Schedules: 10  Preemptions: 0  Switches: 4
 * Broken: -DSPURIOUS -DPAIR -DIF   Finds: assertion  Saying: it was empty
 *         Schedules: 5  Preemptions: 1  Switches: 2
 * Broken: -DONE_COND               Finds: deadlock   Saying: for a signal
 *         Schedules: 5  Preemptions: 0  Switches: 5
 * Broken: -DTWO_SLOTS -DWHEN_EMPTY   Finds: deadlock   Saying: for a signal
 *         Schedules: 3  Preemptions: 0  Switches: 5
 * Broken: -DPAIR -DNO_UNLOCK       Finds: deadlock   Saying: holds itself
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DPAIR -DPRIVATE_MUTEX   Finds: misuse     Saying: PROCESS_SHARED
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DPAIR -DPRIVATE_COND    Finds: misuse     Saying: PROCESS_SHARED
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DPAIR -DNO_LOCK         Finds: misuse     Saying: nobody holds
 *         Schedules: 1  Preemptions: 0  Switches: 1
 */
#include "world.h"

#ifdef TWO_SLOTS
enum { SLOTS = 2 };
#else
enum { SLOTS = 1 };
#endif
#ifdef PRIVATE_MUTEX
#define MUTEX_PSHARED PTHREAD_PROCESS_PRIVATE
#else
#define MUTEX_PSHARED PTHREAD_PROCESS_SHARED
#endif
#ifdef PRIVATE_COND
#define COND_PSHARED PTHREAD_PROCESS_PRIVATE
#else
#define COND_PSHARED PTHREAD_PROCESS_SHARED
#endif
#ifdef ONE_COND
#define NOT_FULL not_empty
#else
#define NOT_FULL not_full
#endif
#ifdef BROADCAST
#define SIGNAL pthread_cond_broadcast
#else
#define SIGNAL pthread_cond_signal
#endif
#ifdef IF
#define WHILE if
#else
#define WHILE while
#endif

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t not_empty, not_full;
    unsigned put, got;
    int slot[SLOTS];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    make_mutex(&w->mutex, MUTEX_PSHARED, PTHREAD_MUTEX_STALLED);
    make_cond(&w->not_empty, COND_PSHARED);
    make_cond(&w->not_full, COND_PSHARED);
}

static void put(int item)
{
#ifdef WHEN_EMPTY
    int wanted;
#else
    enum { wanted = 1 };
#endif

#ifndef NO_LOCK
    pthread_mutex_lock(&w->mutex);
#endif
    WHILE(w->put - w->got == SLOTS)
    pthread_cond_wait(&w->NOT_FULL, &w->mutex);
#ifdef WHEN_EMPTY
    wanted = w->put == w->got;
#endif
    w->slot[w->put % SLOTS] = item;
    w->put++;
#ifdef SIGNAL_AFTER
    pthread_mutex_unlock(&w->mutex);
    SIGNAL(&w->not_empty);
#else
    if (wanted)
        SIGNAL(&w->not_empty);
#ifndef NO_LOCK
    pthread_mutex_unlock(&w->mutex);
#endif
#endif
}

static int get(void)
{
    int item;

    pthread_mutex_lock(&w->mutex);
    WHILE(w->put == w->got)
    pthread_cond_wait(&w->not_empty, &w->mutex);
    INTERLEAVE_CHECK(w->put != w->got, "got one although it was empty");
    item = w->slot[w->got % SLOTS];
    w->got++;
#ifdef NO_UNLOCK
    if (item == 1) {
        SIGNAL(&w->NOT_FULL);
        return item;
    }
#endif
#ifdef SIGNAL_AFTER
    pthread_mutex_unlock(&w->mutex);
    SIGNAL(&w->NOT_FULL);
#else
    SIGNAL(&w->NOT_FULL);
    pthread_mutex_unlock(&w->mutex);
#endif
    return item;
}

static void produce(void)
{
    for (int i = 1; i <= 2; i++) {
        put(i);
        interleave_say("put %d", i);
    }
}

#ifdef PAIR
static void consume(void)
{
    for (int i = 1; i <= 2; i++) {
        int item = get();
        interleave_say("got %d", item);
        INTERLEAVE_CHECK(item == i, "got %d instead of %d", item, i);
    }
}
#else
static void consume(void)
{
    interleave_say("got %d", get());
}
#endif

const struct interleave world = {
    .setup = setup,
#ifdef PAIR
    .op = {{"producer", produce}, {"consumer", consume}},
    .preemptions = 2,
#else
    .op = {{"producer", produce},
           {"consumer 1", consume},
           {"consumer 2", consume}},
    .preemptions = 1,
#endif
#ifdef SPURIOUS
    .spurious = true,
#endif
};
