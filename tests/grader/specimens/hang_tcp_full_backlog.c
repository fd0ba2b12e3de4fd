/*
 * Specimen: more TCP clients than the queue has room for, and nobody accepts.
 * Verdict: hung
 * Saying: is full and nobody accepts: the parent, who listens there
 * Within: 4
 */
#include "sockets.h"

static void nobody_opens_the_door(void **state)
{
    (void)state;
    struct sockaddr_in here;
    int listener = bind_ip(SOCK_STREAM, &here);
    CHECK_OK(listen(listener, 0), "room for one guest");
    for (int i = 0; i < 4; i++)
        if (fork() == 0) {
            close(listener);
            _exit(call_ip(&here) < 0);
        }
    while (wait(NULL) > 0)
        ;
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_opens_the_door),
};
EXERCISE("specimens/hang_tcp_full_backlog", "listen(2)", facts)
