/*
 * loops.c — a child never sleeps, and the parent waits for it.
 */
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    if (fork() == 0)
        for (;;)
            getppid();
    wait(NULL);
    return 0;
}
