/*
 * Specimen: the path is unlinked before the client has come.
 * Verdict: hung
 * Saying: was unlinked by the parent (hang_path_unlinked.c
 * Within: 1
 */
#include "sockets.h"

static void takes_the_door_away(void **state)
{
    (void)state;
    int listener = listen_at("door", 4);
    unlink("door");
    if (fork() == 0)
        _exit(call_at("door") < 0);
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(takes_the_door_away),
};
EXERCISE("specimens/hang_path_unlinked", "unix(7)", facts)
