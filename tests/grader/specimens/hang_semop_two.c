/*
 * Specimen: semop wants to take two where there is one.
 * Verdict: hung
 * Saying: semaphore 0 is 1, and it wants to take 2
 * Within: 0.5
 */
#include <sys/ipc.h>
#include <sys/sem.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_takes_two_of_one(void **state)
{
    (void)state;
    int id = semget(IPC_PRIVATE, 1, 0600);
    struct sembuf up = {.sem_op = 1}, down = {.sem_op = -2};
    semop(id, &up, 1);
    if (fork() == 0) {
        semop(id, &down, 1);
        _exit(0);
    }
    wait(NULL);
    semctl(id, 0, IPC_RMID);
}

static const struct CMUnitTest facts[] = {
    FACT(child_takes_two_of_one),
};
EXERCISE("specimens/hang_semop_two", "semop(2)", facts)
