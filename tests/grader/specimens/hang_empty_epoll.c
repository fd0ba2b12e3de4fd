/*
 * Specimen: epoll_wait before anything was added.
 * Verdict: hung
 * Saying: which watches nothing
 * Within: 0.5
 */
#include <sys/epoll.h>

#include "fact.h"

static void waits_for_nothing(void **state)
{
    (void)state;
    struct epoll_event event;
    epoll_wait(epoll_create1(0), &event, 1, -1);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_for_nothing),
};
EXERCISE("specimens/hang_empty_epoll", "epoll(7)", facts)
