/*
 * lost_update.c — two processes add one each, and the sum is one.
 */
#include <err.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    atomic_int *n = mmap(NULL, sizeof(*n), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (n == MAP_FAILED)
        err(1, "mmap");

    int seen = atomic_load(n);
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        atomic_fetch_add(n, 1);
        _exit(0);
    }
    waitpid(child, NULL, 0); /* of all the bad moments, this one for certain */
    atomic_store(n, seen + 1);
    printf("1 + 1 = %d\n", atomic_load(n));
    munmap(n, sizeof(*n));
}
