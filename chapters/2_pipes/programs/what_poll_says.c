/*
 * what_poll_says.c — the answers of poll at both ends of a pipe.
 */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

static void look(const char *when, int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN | POLLOUT};

    poll(&p, 1, 0);
    printf("%s:%s%s%s%s\n", when, p.revents & POLLIN ? " POLLIN" : "",
           p.revents & POLLOUT ? " POLLOUT" : "",
           p.revents & POLLHUP ? " POLLHUP" : "",
           p.revents & POLLERR ? " POLLERR" : "");
}

int main(void)
{
    char text[8];
    int one[2], two[2];

    if (pipe2(one, O_CLOEXEC) == -1 || pipe2(two, O_CLOEXEC) == -1)
        err(1, "pipe2");

    look("empty", one[0]);
    if (write(one[1], "hello", 5) == -1)
        err(1, "write");
    look("5 bytes", one[0]);
    close(one[1]);
    look("5 bytes, no writer", one[0]);
    if (read(one[0], text, sizeof(text)) == -1)
        err(1, "read");
    look("no writer", one[0]);

    close(two[0]);
    look("no reader", two[1]);
}
