/*
 * three_endings.c — the one number that comes home, and how to read it.
 */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static void end(int how)
{
    if (how == 0)
        _exit(3);
    if (how == 1)
        _exit(263);
    raise(SIGKILL);
}

int main(void)
{
    for (int i = 0; i < 3; i++) {
        pid_t child = fork();
        if (child == -1)
            err(1, "fork");
        if (child == 0)
            end(i);

        int status;
        waitpid(child, &status, 0);
        if (WIFEXITED(status))
            printf("%5d: exit status %d\n", status, WEXITSTATUS(status));
        if (WIFSIGNALED(status))
            printf("%5d: signal %d\n", status, WTERMSIG(status));
    }
}
