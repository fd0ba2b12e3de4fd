/*
 * Specimen: two locks taken in opposite order.
 * Verdict: hung
 * Saying: in the same order everywhere
 * Within: 0.5
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static struct {
    pthread_mutex_t mutex[2];
} * both;

static void two_children_take_both(void **state)
{
    (void)state;
    both = fact_shared(sizeof(*both));
    struct gate *gate = gate_new(2);
    pthread_mutexattr_t attr;
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    for (int i = 0; i < 2; i++)
        pthread_mutex_init(&both->mutex[i], &attr);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            pthread_mutex_lock(&both->mutex[i]);
            gate_wait(gate);
            pthread_mutex_lock(&both->mutex[!i]);
            _exit(0);
        }
    while (wait(NULL) > 0)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(two_children_take_both),
};
EXERCISE("specimens/hang_lock_order", "pthread_mutex_lock(3)", facts)
