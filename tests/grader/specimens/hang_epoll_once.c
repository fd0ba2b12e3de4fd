/*
 * Specimen: one-shot, and not watched again.
 * Verdict: hung
 * Saying: EPOLL_CTL_MOD to watch it again
 * Within: 1
 */
#include <sys/epoll.h>

#include "sockets.h"

static void is_told_once(void **state)
{
    (void)state;
    int fd[2], epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLONESHOT};
    char c;
    CHECK_OK(pipe(fd), "a pipe");
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd[0], &event);
    write(fd[1], "two", 2);
    while (epoll_wait(epoll, &event, 1, -1) == 1)
        read(fd[0], &c, 1);
}

static const struct CMUnitTest facts[] = {
    FACT(is_told_once),
};
EXERCISE("specimens/hang_epoll_once", "epoll(7)", facts)
