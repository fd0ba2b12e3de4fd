/*
 * Specimen: a read lock while a writer has ended with the lock.
 * Verdict: hung
 * Saying: waits for a read-write lock whose owner is gone
 * Within: 0.5
 */
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void reads_after_the_writer(void **state)
{
    (void)state;
    pthread_rwlock_t *lock = fact_shared(sizeof(*lock));
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_rwlock_init(lock, &attr);
    pid_t pid = fork();
    if (pid == 0) {
        pthread_rwlock_wrlock(lock);
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    pthread_rwlock_rdlock(lock);
}

static const struct CMUnitTest facts[] = {
    FACT(reads_after_the_writer),
};
EXERCISE("specimens/hang_rwlock", "pthread_rwlock_rdlock(3)", facts)
