/*
 * not_read.c — a peer that does not read holds the writer back.
 */
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char block[4096];

/* Blocks that go in before one would have to wait. */
static int fill(int fd)
{
    int blocks = 0;

    while (send(fd, block, sizeof(block), MSG_DONTWAIT) > 0)
        blocks++;
    if (errno != EAGAIN)
        err(1, "send");
    return blocks;
}

int main(void)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    int fit = fill(ends[0]);
    printf("some blocks fit, then EAGAIN: %s\n", fit > 0 ? "yes" : "no");
    printf("and now: %d\n", fill(ends[0]));
    for (int i = 0; i < fit; i++)
        if (recv(ends[1], block, sizeof(block), MSG_WAITALL) == -1)
            err(1, "recv");
    printf("all were read; as many fit again: %s\n",
           fill(ends[0]) == fit ? "yes" : "no");
}
