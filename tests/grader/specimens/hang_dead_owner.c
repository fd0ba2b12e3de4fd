/*
 * Specimen: a mutex whose owner has ended.
 * Verdict: hung
 * Saying: waits for a mutex whose owner is gone
 * Within: 0.5
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void parent_locks_after_the_child(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = fact_shared(sizeof(*mutex));
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(mutex, &attr);
    if (fork() == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    wait(NULL);
    pthread_mutex_lock(mutex);
}

static const struct CMUnitTest facts[] = {
    FACT(parent_locks_after_the_child),
};
EXERCISE("specimens/hang_dead_owner", "pthread_mutexattr_setrobust(3)", facts)
