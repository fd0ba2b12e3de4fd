/*
 * two_mappings.c — MAP_PRIVATE is copied by fork, MAP_SHARED is not.
 */
#include <err.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static int *map(int how)
{
    int *p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_ANONYMOUS | how,
                  -1, 0);

    if (p == MAP_FAILED)
        err(1, "mmap");
    return p;
}

int main(void)
{
    int *mine = map(MAP_PRIVATE), *ours = map(MAP_SHARED);

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        *mine = *ours = 42;
        _exit(0);
    }
    waitpid(child, NULL, 0);
    printf("private %d, shared %d\n", *mine, *ours);
    munmap(mine, sizeof(*mine));
    munmap(ours, sizeof(*ours));
}
