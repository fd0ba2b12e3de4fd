/*
 * Specimen: as many have come as there are, and the server accepts once more.
 * Verdict: hung
 * Saying: 2 have come, and no more
 * Within: 1
 */
#include "sockets.h"

static void counts_one_too_many(void **state)
{
    (void)state;
    int listener = listen_at("door", 4);
    for (int i = 0; i < 2; i++)
        if (fork() == 0)
            _exit(call_at("door") < 0);
    for (int i = 0; i < 3; i++)
        close(accept(listener, NULL, NULL));
}

static const struct CMUnitTest facts[] = {
    FACT(counts_one_too_many),
};
EXERCISE("specimens/hang_accept_one_more", "accept(2)", facts)
