/*
 * Specimen: two processes each wait for what the other would post next.
 * Verdict: hung
 * Saying: which waits for one that
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

static void one_does_not_answer(void **state)
{
    (void)state;
    sem_t *ping = new_semaphore(0), *pong = new_semaphore(0);
    if (fork() == 0) {
        for (int i = 0; i < 3; i++) {
            sem_wait(ping);
            if (i < 1)
                sem_post(pong);
        }
        _exit(0);
    }
    for (int i = 0; i < 3; i++) {
        sem_post(ping);
        sem_wait(pong);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(one_does_not_answer),
};
EXERCISE("specimens/hang_semaphores_crossed", "sem_post(3)", facts)
