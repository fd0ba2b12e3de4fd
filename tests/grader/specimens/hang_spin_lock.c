/*
 * Specimen: a spin lock whose holder has ended.
 * Verdict: hung
 * Saying: in pthread_spin_lock, in hang_spin_lock.c
 */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void spins_for_the_dead(void **state)
{
    (void)state;
    pthread_spinlock_t *lock = fact_shared(sizeof(*lock));
    pthread_spin_init(lock, PTHREAD_PROCESS_SHARED);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_spin_lock(lock);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    pthread_spin_lock(lock);
}

static const struct CMUnitTest facts[] = {
    FACT(spins_for_the_dead),
};
EXERCISE("specimens/hang_spin_lock", "pthread_spin_lock(3)", facts)
