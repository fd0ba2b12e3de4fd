/*
 * Specimen: edge-triggered, and reads less than there is.
 * Verdict: hung
 * Saying: 6 bytes have not been read. With EPOLLET
 * Within: 1
 */
#include <sys/epoll.h>

#include "sockets.h"

static void reads_too_little(void **state)
{
    (void)state;
    int fd[2], epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    char c[4];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "a pair");
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &event);
    if (fork() == 0) {
        close(fd[0]);
        write(fd[1], "ten bytes!", 10);
        read(fd[1], c, 1);
        _exit(0);
    }
    close(fd[1]);
    while (epoll_wait(epoll, &event, 1, -1) == 1)
        read(fd[0], c, sizeof(c));
}

static const struct CMUnitTest facts[] = {
    FACT(reads_too_little),
};
EXERCISE("specimens/hang_epoll_edge", "epoll(7)", facts)
