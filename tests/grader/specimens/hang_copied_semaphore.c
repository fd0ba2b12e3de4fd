/*
 * Specimen: a semaphore in ordinary memory, copied by fork.
 * Verdict: hung
 * Saying: a semaphore in its own private memory
 * Within: 0.5
 */
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_waits_for_its_turn(void **state)
{
    (void)state;
    static sem_t sem;
    CHECK_OK(sem_init(&sem, 1, 0), "a semaphore");
    if (fork() == 0) {
        sem_wait(&sem);
        _exit(0);
    }
    sem_post(&sem);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_its_turn),
};
EXERCISE("specimens/hang_copied_semaphore", "sem_init(3)", facts)
