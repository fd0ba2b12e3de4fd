/*
 * Specimen: the server waits for the next guest before it answers the first.
 * Verdict: hung
 * Saying: Serve those who are here before you wait for the next
 * Within: 1
 */
#include "sockets.h"

static void forgets_who_is_here(void **state)
{
    (void)state;
    int listener = listen_at("door", 4);
    char c;
    if (fork() == 0) {
        int fd = call_at("door");
        close(listener);
        write(fd, "?", 1);
        _exit(read(fd, &c, 1) != 1);
    }
    for (int i = 0; i < 2; i++) {
        int fd = accept(listener, NULL, NULL);
        read(fd, &c, 1);
    }
}

static const struct CMUnitTest facts[] = {
    FACT(forgets_who_is_here),
};
EXERCISE("specimens/hang_accept_next_guest", "unix(7)", facts)
