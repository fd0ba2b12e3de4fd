/*
 * Specimen: a barrier for three, and two come.
 * Verdict: hung
 * Saying: it was made for 3, and 2 are there
 * Within: 0.5
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void parent_does_not_come(void **state)
{
    (void)state;
    pthread_barrier_t *barrier = fact_shared(sizeof(*barrier));
    pthread_barrierattr_t attr;
    pthread_barrierattr_init(&attr);
    pthread_barrierattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_barrier_init(barrier, &attr, 3);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            pthread_barrier_wait(barrier);
            _exit(0);
        }
    while (wait(NULL) > 0)
        continue;
}

static const struct CMUnitTest facts[] = {
    FACT(parent_does_not_come),
};
EXERCISE("specimens/hang_barrier", "pthread_barrier_wait(3)", facts)
