/*
 * buffer_sem — the bounded buffer with semaphores. With one slot, `free` is
 * a lock by itself: two producers need no other.
 *
 * Right:               Schedules: 430
 * Right:  -DBINARY     Schedules: 430
 * Right:  -DTWO_SLOTS  Schedules: 780
 * Right:  -DNO_MUTEX   Schedules: 238
 * Broken: -DTWO_SLOTS -DNO_MUTEX  Finds: assertion  Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 5
 * Broken: -DMUTEX_FIRST  Finds: deadlock   Saying: sem_wait
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DPOST_FIRST   Finds: assertion       Saying: Nothing orders
 *         Schedules: 1  Preemptions: 1  Switches: 5
 * Broken: -DNONE_FREE    Finds: deadlock   Saying: sem_wait
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DTOO_MANY     Finds: assertion  Saying: the sum is
 *         Schedules: 1  Preemptions: 0  Switches: 3
 * Broken: -DPRIVATE      Finds: misuse     Saying: pshared
 *         Schedules: 1  Preemptions: 0  Switches: 2
 * Broken: -DTRY          Finds: assertion  Saying: it was empty
 *         Schedules: 1  Preemptions: 0  Switches: 3
 */
#include <semaphore.h>

#include "world.h"

#ifdef PRIVATE
enum { SHARED = 0 };
#else
enum { SHARED = 1 };
#endif
#ifdef TWO_SLOTS
enum { SLOTS = 2 };
#else
enum { SLOTS = 1 };
#endif
#ifdef NONE_FREE
enum { FREE = 0 };
#elif defined(TOO_MANY)
enum { FREE = SLOTS + 1 };
#else
enum { FREE = SLOTS };
#endif

static struct {
    sem_t free, used, binary;
    pthread_mutex_t mutex;
    unsigned put, got;
    int slot[SLOTS];
} * w;

static void setup(void)
{
    w = shared_memory(sizeof(*w));
    sem_init(&w->free, SHARED, FREE);
    sem_init(&w->used, SHARED, 0);
    sem_init(&w->binary, SHARED, 1);
    make_mutex(&w->mutex, PTHREAD_PROCESS_SHARED, PTHREAD_MUTEX_STALLED);
}

static void lock(void)
{
#ifdef BINARY
    sem_wait(&w->binary);
#elif !defined(NO_MUTEX)
    pthread_mutex_lock(&w->mutex);
#endif
}

static void unlock(void)
{
#ifdef BINARY
    sem_post(&w->binary);
#elif !defined(NO_MUTEX)
    pthread_mutex_unlock(&w->mutex);
#endif
}

static void put(int item)
{
#ifdef MUTEX_FIRST
    lock();
    sem_wait(&w->free);
#else
    sem_wait(&w->free);
    lock();
#endif
#ifdef POST_FIRST
    sem_post(&w->used);
#endif
    w->slot[w->put % SLOTS] = item;
    w->put++;
    unlock();
#ifndef POST_FIRST
    sem_post(&w->used);
#endif
}

/* One consumer: `got` is its own. */
static int get(void)
{
    int item;

#ifdef TRY
    int went = sem_trywait(&w->used);
    INTERLEAVE_CHECK(went == 0, "took one although it was empty");
#else
    sem_wait(&w->used);
#endif
#ifdef MUTEX_FIRST
    lock();
#endif
    item = w->slot[w->got % SLOTS];
    w->got++;
#ifdef MUTEX_FIRST
    unlock();
#endif
    sem_post(&w->free);
    return item;
}

static void produce(void)
{
    put(1 + interleave_self());
}

static void consume(void)
{
    int sum = get();

    sum += get();
    INTERLEAVE_CHECK(sum == 3, "the sum is %d", sum);
}

const struct interleave world = {
    .setup = setup,
    .op = {{"producer 1", produce},
           {"producer 2", produce},
           {"consumer", consume}},
    .preemptions = 2,
};
