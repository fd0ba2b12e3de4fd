/*
 * Specimen: more clients than the queue has room for, and nobody accepts.
 * Verdict: hung
 * Saying: is full and nobody accepts: the parent, who listens there
 * Within: 1
 */
#include "sockets.h"

static void nobody_opens_the_door(void **state)
{
    (void)state;
    int listener = listen_at("door", 0);
    for (int i = 0; i < 3; i++)
        if (fork() == 0) {
            close(listener);
            _exit(call_at("door") < 0);
        }
    while (wait(NULL) > 0)
        ;
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_opens_the_door),
};
EXERCISE("specimens/hang_full_backlog", "listen(2)", facts)
