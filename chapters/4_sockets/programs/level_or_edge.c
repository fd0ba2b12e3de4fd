/*
 * level_or_edge.c — four bytes arrive, two are read. Is there news?
 */
#include <err.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static void watch(const char *name, uint32_t events)
{
    struct epoll_event want = {.events = events}, got;
    char text[2];
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
        err(1, "socketpair");
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &want);
    if (write(ends[1], "abcd", 4) == -1)
        err(1, "write");

    printf("%s:", name);
    printf(" %d", epoll_wait(epoll, &got, 1, 0));
    if (read(ends[0], text, 2) == -1)
        err(1, "read");
    printf(" %d", epoll_wait(epoll, &got, 1, 0));
    if (write(ends[1], "e", 1) == -1)
        err(1, "write");
    printf(" %d\n", epoll_wait(epoll, &got, 1, 0));
}

int main(void)
{
    watch("level", EPOLLIN);
    watch("edge", EPOLLIN | EPOLLET);
}
