/*
 * Specimen: a System V semaphore nobody raises.
 * Verdict: hung
 * Saying: a semaphore that nobody posts
 * Within: 0.5
 */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_waits_for_its_turn(void **state)
{
    (void)state;
    int id = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf down = {.sem_op = -1};
    CHECK_OK(id, "a semaphore");
    if (fork() == 0) {
        semop(id, &down, 1);
        _exit(0);
    }
    semctl(id, 0, GETVAL);
    wait(NULL);
    semctl(id, 0, IPC_RMID);
}

static const struct CMUnitTest facts[] = {
    FACT(child_waits_for_its_turn),
};
EXERCISE("specimens/hang_semop", "semop(2)", facts)
