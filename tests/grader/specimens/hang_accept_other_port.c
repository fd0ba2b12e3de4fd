/*
 * Specimen: the client uses a port that it has made up.
 * Verdict: hung
 * Saying: where nobody listens (ECONNREFUSED)
 * Within: 4
 */
#include "sockets.h"

static void calls_at_the_wrong_port(void **state)
{
    (void)state;
    struct sockaddr_in here;
    int listener = bind_ip(SOCK_STREAM, &here);
    CHECK_OK(listen(listener, 4), "open for guests");
    if (fork() == 0) {
        here.sin_port = htons(1);
        _exit(call_ip(&here) < 0);
    }
    accept(listener, NULL, NULL);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(calls_at_the_wrong_port),
};
EXERCISE("specimens/hang_accept_other_port", "tcp(7)", facts)
