/*
 * half_closed.c — "that was my question": the end, in one direction.
 *
 * Picture: log
 */
#include <err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* What would come first, the answer or the end? Nobody but the asking side
 * can say where the question ends. */
static int answer(int fd)
{
    char text[64], reply[32];
    ssize_t n, sum = 0;

    while ((n = read(fd, text, sizeof(text))) > 0)
        sum += n;
    int len = snprintf(reply, sizeof(reply), "%zd bytes", sum);
    return write(fd, reply, (size_t)len) == -1;
}

int main(void)
{
    char reply[32];
    ssize_t n;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        _exit(answer(ends[1]));
    }
    close(ends[1]);

    if (write(ends[0], "how long is ", 12) == -1 ||
        write(ends[0], "this?", 5) == -1)
        err(1, "write");
    shutdown(ends[0], SHUT_WR);
    while ((n = read(ends[0], reply, sizeof(reply))) > 0)
        printf("answer: %.*s\n", (int)n, reply);
    waitpid(child, NULL, 0);
}
