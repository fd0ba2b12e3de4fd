/*
 * it_counts.c — a semaphore remembers what nobody has waited for yet.
 */
#include <err.h>
#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void take(sem_t *sem)
{
    int r = sem_trywait(sem);

    printf("%s\n", r == 0 ? "taken" : strerrorname_np(errno));
}

int main(void)
{
    sem_t *sem = mmap(NULL, sizeof(*sem), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (sem == MAP_FAILED)
        err(1, "mmap");
    sem_init(sem, 1, 1);
    pid_t child = fork();
    if (child == 0) {
        sem_post(sem);
        sem_post(sem);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    for (int i = 0; i < 4; i++)
        take(sem);
}
