/*
 * eight_islands.c — a child that does not leave the loop goes on forking.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    pid_t first = getpid();

    for (int i = 0; i < 3; i++)
        if (fork() == -1)
            return 1;

    while (wait(NULL) > 0)
        ;
    dprintf(1, "*");
    if (getpid() == first)
        dprintf(1, "\n");
}
