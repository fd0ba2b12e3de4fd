/*
 * waits_first.c — waits for a child that waits for room in the pipe.
 *
 * Picture: log
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static char text[100000];

int main(void)
{
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(bridge[0]);
        _exit(write(bridge[1], text, sizeof(text)) == -1);
    }
    close(bridge[1]);
    waitpid(child, NULL, 0);
    while (read(bridge[0], text, sizeof(text)) > 0)
        ;
}
