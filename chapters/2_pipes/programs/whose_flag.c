/*
 * whose_flag.c — O_NONBLOCK belongs to the open file, and so to everybody.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(void)
{
    char text[8];
    int bridge[2];

    if (pipe2(bridge, O_CLOEXEC) == -1)
        err(1, "pipe2");

    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0)
        _exit(fcntl(bridge[0], F_SETFL, O_NONBLOCK) == -1);

    waitpid(child, NULL, 0);
    ssize_t n = read(bridge[0], text, sizeof(text));
    printf("parent: read says %zd%s\n", n, errno == EAGAIN ? ", EAGAIN" : "");
}
