/*
 * Specimen: a semaphore is waited for more often than it is posted.
 * Verdict: hung
 * Saying: (posted so far: 2, waits that ended: 2)
 * Within: 0.5
 */
#include <semaphore.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static sem_t *new_semaphore(unsigned value)
{
    sem_t *sem = fact_shared(sizeof(*sem));
    sem_init(sem, 1, value);
    return sem;
}

static void child_waits_three_times(void **state)
{
    (void)state;
    sem_t *items = new_semaphore(0);
    if (fork() == 0) {
        for (int i = 0; i < 3; i++)
            sem_wait(items);
        _exit(0);
    }
    sem_post(items);
    sem_post(items);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_three_times),
};
EXERCISE("specimens/hang_semaphore_counted", "sem_wait(3)", facts)
