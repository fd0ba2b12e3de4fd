/*
 * Specimen: sends more than fits to a server that waits for the next guest.
 * Verdict: hung
 * Saying: is full and nobody reads from it
 * Within: 1
 */
#include "sockets.h"

static void nobody_reads(void **state)
{
    (void)state;
    static char much[1 << 20];
    int listener = listen_at("door", 4), fd;
    if (fork() == 0) {
        fd = call_at("door");
        close(listener);
        send(fd, much, sizeof(much), 0);
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    accept(listener, NULL, NULL);
    read(fd, much, sizeof(much));
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_reads),
};
EXERCISE("specimens/hang_unix_not_read", "send(2)", facts)
