/*
 * ping_pong.c — a bridge that carries both ways.
 *
 * Picture: log
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void answer(int fd)
{
    char ball[4];

    while (read(fd, ball, sizeof(ball)) > 0)
        if (write(fd, "pong", 4) == -1)
            _exit(1);
    _exit(0);
}

int main(void)
{
    char ball[5] = "";
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    pid_t child = fork();
    if (child == -1)
        err(1, "fork");
    if (child == 0) {
        close(ends[0]);
        answer(ends[1]);
    }
    close(ends[1]);
    for (int i = 0; i < 2; i++) {
        if (write(ends[0], "ping", 4) == -1 || read(ends[0], ball, 4) == -1)
            err(1, "ends[0]");
        printf("ping %s\n", ball);
    }
    shutdown(ends[0], SHUT_WR); /* no more from here, but I still listen */
    printf("read says %zd\n", read(ends[0], ball, 4));
    waitpid(child, NULL, 0);
}
