/*
 * Specimen: connects to its own listener, and reads before it accepts.
 * Verdict: hung
 * Saying: nobody has accepted the connection: it listens there itself
 * Within: 1
 */
#include "sockets.h"

static void reads_before_accepting(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), fd = call_at("door");
    char c;
    read(fd, &c, 1);
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(reads_before_accepting),
};
EXERCISE("specimens/hang_never_accepted", "accept(2)", facts)
