/*
 * Specimen: closes its descriptor, but not the copy that dup has made.
 * Verdict: hung
 * Saying: and has fd
 * Within: 1
 */
#include "sockets.h"

static void the_copy_is_open(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), fd;
    char c;
    if (fork() == 0) {
        close(listener);
        fd = call_at("door");
        while (read(fd, &c, 1) > 0)
            ;
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    dup(fd);
    write(fd, "!", 1);
    close(fd);
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(the_copy_is_open),
};
EXERCISE("specimens/hang_connection_dup", "dup(2)", facts)
