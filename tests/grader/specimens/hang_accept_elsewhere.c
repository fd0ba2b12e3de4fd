/*
 * Specimen: the client has the wrong path, and gives up.
 * Verdict: hung
 * Saying: wanted to connect to "dor", where nobody listens (ENOENT)
 * Within: 1
 */
#include "sockets.h"

static void calls_at_the_wrong_door(void **state)
{
    (void)state;
    int listener = listen_at("door", 4);
    if (fork() == 0) {
        close(listener);
        call_at("dor");
        _exit(1);
    }
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(calls_at_the_wrong_door),
};
EXERCISE("specimens/hang_accept_elsewhere", "unix(7)", facts)
