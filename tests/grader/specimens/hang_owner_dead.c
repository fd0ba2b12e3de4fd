/*
 * Specimen: EOWNERDEAD taken for a failure.
 * Verdict: hung
 * Saying: EOWNERDEAD is no failure: the mutex is locked
 * Within: 0.5
 */
#include <errno.h>
#include <pthread.h>
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

static void heir_does_not_unlock(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = new_mutex(true);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    if (pthread_mutex_lock(mutex) != 0 && fork() == 0) {
        pthread_mutex_lock(mutex);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(heir_does_not_unlock),
};
EXERCISE("specimens/hang_owner_dead", "pthread_mutex_consistent(3)", facts)
