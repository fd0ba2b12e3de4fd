/*
 * Specimen: a condition nobody signals.
 * Verdict: hung
 * Saying: a condition that nobody is left to signal
 * Within: 0.5
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

struct board {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int news;
};

static void child_waits_for_news(void **state)
{
    (void)state;
    struct board *b = fact_shared(sizeof(*b));
    pthread_mutexattr_t m;
    pthread_condattr_t c;
    pthread_mutexattr_init(&m);
    pthread_condattr_init(&c);
    pthread_mutexattr_setpshared(&m, PTHREAD_PROCESS_SHARED);
    pthread_condattr_setpshared(&c, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&b->mutex, &m);
    pthread_cond_init(&b->cond, &c);
    if (fork() == 0) {
        pthread_mutex_lock(&b->mutex);
        while (!b->news)
            pthread_cond_wait(&b->cond, &b->mutex);
        pthread_mutex_unlock(&b->mutex);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_news),
};
EXERCISE("specimens/hang_condition", "pthread_cond_wait(3)", facts)
