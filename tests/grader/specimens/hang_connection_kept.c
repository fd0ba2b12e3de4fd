/*
 * Specimen: a child serves the connection, its parent keeps a copy.
 * Verdict: hung
 * Saying: right after the fork); or shutdown
 * Within: 1
 */
#include "sockets.h"

static void the_parent_keeps_a_copy(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), fd;
    char c;
    if (fork() == 0) {
        close(listener);
        fd = call_at("door");
        write(fd, "?", 1);
        while (read(fd, &c, 1) > 0)
            ;
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    if (fork() == 0) {
        read(fd, &c, 1);
        write(fd, "!", 1);
        close(fd);
        _exit(0);
    }
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(the_parent_keeps_a_copy),
};
EXERCISE("specimens/hang_connection_kept", "shutdown(2)", facts)
