/*
 * Specimen: the server watches the connection, and both wait.
 * Verdict: hung
 * Saying: in epoll_wait. One of them has to send first
 * Within: 1
 */
#include <sys/epoll.h>

#include "sockets.h"

static void both_wait_for_a_word(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), epoll = epoll_create1(0), fd;
    struct epoll_event event = {.events = EPOLLIN};
    char c;
    if (fork() == 0) {
        close(listener);
        read(call_at("door"), &c, 1);
        _exit(0);
    }
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    fd = accept(listener, NULL, NULL);
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    epoll_wait(epoll, &event, 1, -1);
}

static const struct CMUnitTest facts[] = {
    FACT(both_wait_for_a_word),
};
EXERCISE("specimens/hang_epoll_silent", "epoll(7)", facts)
