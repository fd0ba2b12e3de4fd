/*
 * Specimen: waits for an item while it holds the lock that the other needs.
 * Verdict: hung
 * Saying: waits for a mutex that child 1 holds while it waits for a semaphore
 * Within: 0.5
 */
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static pthread_mutex_t *new_mutex(bool robust)
{
    pthread_mutex_t *mutex = fact_shared(sizeof(*mutex));
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    if (robust)
        pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attr);
    return mutex;
}

static void waits_with_the_lock_held(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = new_mutex(false);
    sem_t *items = fact_shared(sizeof(*items)), *in;
    sem_init(items, 1, 0);
    in = fact_shared(sizeof(*in));
    sem_init(in, 1, 0);
    if (fork() == 0) {
        pthread_mutex_lock(mutex);
        sem_post(in);
        sem_wait(items);
        pthread_mutex_unlock(mutex);
        _exit(0);
    }
    sem_wait(in);
    pthread_mutex_lock(mutex);
    sem_post(items);
    pthread_mutex_unlock(mutex);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_with_the_lock_held),
};
EXERCISE("specimens/hang_lock_while_waiting", "sem_overview(7)", facts)
