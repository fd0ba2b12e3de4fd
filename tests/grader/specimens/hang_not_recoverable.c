/*
 * Specimen: locks again and again a mutex that was unlocked without
 *     pthread_mutex_consistent.
 * Verdict: hung
 * Saying: pthread_mutex_lock failed with ENOTRECOVERABLE
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void locks_until_it_works(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = fact_shared(sizeof(*mutex));
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&attr, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(mutex, &attr);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    pthread_mutex_lock(mutex); /* EOWNERDEAD */
    pthread_mutex_unlock(mutex);
    while (pthread_mutex_lock(mutex) != 0)
        continue;
}

static const struct CMUnitTest facts[] = {
    FACT(locks_until_it_works),
};
EXERCISE("specimens/hang_not_recoverable", "pthread_mutex_consistent(3)", facts)
