/*
 * Specimen: the holder of a mutex was killed.
 * Verdict: hung
 * Saying: was killed by SIGKILL while it held it (locked at hang_owner_killed.c
 * Within: 0.5
 */
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

static void parent_locks_after_the_dead(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = new_mutex(false);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_mutex_lock(mutex);
        kill(getpid(), SIGKILL);
    }
    waitpid(pid, NULL, 0);
    pthread_mutex_lock(mutex);
}

static const struct CMUnitTest facts[] = {
    FACT(parent_locks_after_the_dead),
};
EXERCISE("specimens/hang_owner_killed", "pthread_mutexattr_setrobust(3)", facts)
