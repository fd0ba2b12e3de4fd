/*
 * Specimen: a semaphore in shared memory that is not process-shared.
 * Verdict: hung
 * Saying: Call sem_init with pshared = 1
 * Within: 0.5
 */
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_waits_for_its_turn(void **state)
{
    (void)state;
    sem_t *sem = fact_shared(sizeof(*sem));
    CHECK_OK(sem_init(sem, 0, 0), "a semaphore");
    if (fork() == 0) {
        sem_wait(sem);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_its_turn),
};
EXERCISE("specimens/hang_private_semaphore", "sem_init(3)", facts)
