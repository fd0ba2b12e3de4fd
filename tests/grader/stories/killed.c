/*
 * killed.c — a child that waits is ended by a signal.
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    int p[2];
    char c;
    pid_t child;

    if (pipe(p) < 0)
        return 1;
    child = fork();
    if (child == 0) {
        if (write(p[1], "", 1) == 1)
            pause();
        _exit(0);
    }
    if (read(p[0], &c, 1) != 1)
        return 1;
    kill(child, SIGTERM);
    waitpid(child, NULL, 0);
    return 0;
}
