/*
 * Specimen: a thread that waits for a condition, and a main that joins it.
 * Verdict: hung
 * Saying: a condition that nobody is left to signal
 * Within: 0.5
 */
#include <pthread.h>

#include "fact.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void *waits_for_news(void *unused)
{
    pthread_mutex_lock(&mutex);
    pthread_cond_wait(&cond, &mutex);
    pthread_mutex_unlock(&mutex);
    return unused;
}

static void main_joins(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_create(&thread, NULL, waits_for_news, NULL);
    pthread_join(thread, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(main_joins),
};
EXERCISE("specimens/hang_threads", "pthread_join(3)", facts)
