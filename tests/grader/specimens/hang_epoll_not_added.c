/*
 * Specimen: the server accepts, and does not watch the connection.
 * Verdict: hung
 * Saying: does not watch, though something has come there
 * Within: 1
 */
#include <sys/epoll.h>

#include "sockets.h"

static void is_not_watched(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN};
    char c;
    if (fork() == 0) {
        int fd = call_at("door");
        close(listener);
        write(fd, "?", 1);
        read(fd, &c, 1);
        _exit(0);
    }
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    while (epoll_wait(epoll, &event, 1, -1) == 1)
        accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(is_not_watched),
};
EXERCISE("specimens/hang_epoll_not_added", "epoll(7)", facts)
