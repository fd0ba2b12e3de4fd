/*
 * Specimen: three wait on one condition, and one signal wakes one of them.
 * Verdict: hung
 * Saying: pthread_cond_signal wakes one of them
 * Within: 0.5
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "leftovers.h"

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

static void three_wait_for_one_signal(void **state)
{
    (void)state;
    pthread_mutex_t *mutex = new_mutex(false);
    pthread_cond_t *cond = new_condition();
    int *go = fact_shared(sizeof(int));
    pid_t pid[3];
    for (int i = 0; i < 3; i++)
        if ((pid[i] = fork()) == 0) {
            pthread_mutex_lock(mutex);
            while (!*go)
                pthread_cond_wait(cond, mutex);
            pthread_mutex_unlock(mutex);
            _exit(0);
        }
    for (int i = 0; i < 3; i++)
        while (!asleep(pid[i]))
            continue;
    pthread_mutex_lock(mutex);
    *go = 1;
    pthread_cond_signal(cond);
    pthread_mutex_unlock(mutex);
    while (wait(NULL) > 0)
        continue;
}

static const struct CMUnitTest facts[] = {
    FACT(three_wait_for_one_signal),
};
EXERCISE("specimens/hang_signal_wakes_one", "pthread_cond_broadcast(3)", facts)
