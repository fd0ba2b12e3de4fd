/*
 * Specimen: polls again when poll says POLLHUP without POLLIN.
 * Verdict: hung
 * Saying: what has ended (POLLHUP)
 */
#include <poll.h>
#include <unistd.h>

#include "fact.h"

static void waits_for_pollin(void **state)
{
    (void)state;
    int fd[2];
    CHECK_OK(pipe(fd), "a pipe");
    close(fd[1]);
    struct pollfd p = {.fd = fd[0], .events = POLLIN};
    while (!(p.revents & POLLIN))
        poll(&p, 1, -1);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_for_pollin),
};
EXERCISE("specimens/hang_hang_up", "poll(2)", facts)
