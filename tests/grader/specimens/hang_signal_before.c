/*
 * Specimen: a condition was signalled before anybody waited, who does not look
 *     first.
 * Verdict: hung
 * Saying: came before it waited, and is not kept
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

static pthread_cond_t *new_condition(void)
{
    pthread_cond_t *cond = fact_shared(sizeof(*cond));
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(cond, &attr);
    return cond;
}

static void waits_after_the_signal(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = new_mutex(false);
    pthread_cond_t *cond = new_condition();
    pid_t pid = fork();
    if (pid == 0) {
        pthread_cond_signal(cond);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    pthread_mutex_lock(mutex);
    pthread_cond_wait(cond, mutex);
    pthread_mutex_unlock(mutex);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_after_the_signal),
};
EXERCISE("specimens/hang_signal_before", "pthread_cond_wait(3)", facts)
