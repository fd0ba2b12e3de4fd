/*
 * Specimen: a child inherits the other end of its own connection.
 * Verdict: hung
 * Saying: whose other end only it has open itself
 * Within: 1
 */
#include "sockets.h"

static void inherits_the_other_end(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), mine = call_at("door");
    int fd = accept(listener, NULL, NULL);
    char c;
    if (fork() == 0) {
        close(listener);
        while (read(mine, &c, 1) > 0)
            ;
        _exit(0);
    }
    close(mine);
    write(fd, "!", 1);
    close(fd);
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(inherits_the_other_end),
};
EXERCISE("specimens/hang_connection_heir", "fork(2)", facts)
