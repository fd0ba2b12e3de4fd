/*
 * Specimen: the client connects before the server listens.
 * Verdict: hung
 * Saying: came before listen, and was refused
 * Within: 1
 */
#include "sockets.h"

static void is_not_open_yet(void **state)
{
    (void)state;
    struct sockaddr_un address = path_of("door");
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    CHECK_OK(bind(fd, (struct sockaddr *)&address, sizeof(address)), "a name");
    if (fork() == 0)
        _exit(call_at("door") < 0);
    wait(NULL);
    CHECK_OK(listen(fd, 4), "open for guests, and nobody comes again");
    accept(fd, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(is_not_open_yet),
};
EXERCISE("specimens/hang_accept_too_early", "unix(7)", facts)
