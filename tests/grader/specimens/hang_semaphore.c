/*
 * Specimen: a semaphore nobody posts.
 * Verdict: hung
 * Saying: a semaphore that nobody posts
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
    CHECK_OK(sem_init(sem, 1, 0), "a semaphore for several processes");
    if (fork() == 0) {
        sem_wait(sem);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_its_turn),
};
EXERCISE("specimens/hang_semaphore", "sem_overview(7)", facts)
