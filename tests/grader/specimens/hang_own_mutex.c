/*
 * Specimen: a mutex locked twice by the same thread.
 * Verdict: hung
 * Saying: locks a mutex that it holds already
 * Within: 0.5
 */
#include <pthread.h>

#include "fact.h"

static void locks_twice(void **state)
{
    (void)state;
    static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&mutex);
    pthread_mutex_lock(&mutex);
}

static const struct CMUnitTest facts[] = {
    FACT(locks_twice),
};
EXERCISE("specimens/hang_own_mutex", "pthread_mutex_lock(3)", facts)
