/*
 * Specimen: the client asks and does not say that this was all.
 * Verdict: hung
 * Saying: Say the end with shutdown(fd
 * Within: 1
 */
#include "sockets.h"

static void does_not_say_the_end(void **state)
{
    (void)state;
    int listener = listen_at("door", 4), fd;
    char text[16];
    if (fork() == 0) {
        fd = call_at("door");
        write(fd, "how late?", 9);
        read(fd, text, sizeof(text));
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    while (read(fd, text, sizeof(text)) > 0)
        ;
    write(fd, "noon", 4);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(does_not_say_the_end),
};
EXERCISE("specimens/hang_end_not_said", "shutdown(2)", facts)
