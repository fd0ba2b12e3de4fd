/*
 * not_for_you.c — a semaphore in shared memory that is not shared.
 */
#include <err.h>
#include <semaphore.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    sem_t *sem = mmap(NULL, sizeof(*sem), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (sem == MAP_FAILED)
        err(1, "mmap");
    sem_init(sem, 0, 0); /* 0: for the threads of one process */
    pid_t child = fork();
    if (child == 0) {
        sem_wait(sem);
        _exit(0);
    }
    sleep(1); /* until the child is asleep */
    sem_post(sem);
    waitpid(child, NULL, 0);
    puts("the child has woken up");
}
