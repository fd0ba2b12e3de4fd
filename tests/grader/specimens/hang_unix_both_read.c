/*
 * Specimen: client and server both begin with read, over a Unix socket.
 * Verdict: hung
 * Saying: both wait for the other to speak
 * Within: 1
 */
#include "sockets.h"

static void nobody_begins(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), fd;
    char c;
    if (fork() == 0) {
        fd = call_at("door");
        read(fd, &c, 1);
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    recv(fd, &c, 1, 0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_begins),
};
EXERCISE("specimens/hang_unix_both_read", "unix(7)", facts)
