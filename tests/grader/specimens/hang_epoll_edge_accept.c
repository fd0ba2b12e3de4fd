/*
 * Specimen: edge-triggered, and accepts one of two guests.
 * Verdict: hung
 * Saying: somebody waits to be accepted
 * Within: 1
 */
#include <sys/epoll.h>

#include "sockets.h"

static void accepts_one_of_two(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    call_at("door");
    call_at("door"); /* both are there: it is one event */
    while (epoll_wait(epoll, &event, 1, -1) == 1)
        close(accept(listener, NULL, NULL));
}

static const struct CMUnitTest facts[] = {
    FACT(accepts_one_of_two),
};
EXERCISE("specimens/hang_epoll_edge_accept", "epoll(7)", facts)
