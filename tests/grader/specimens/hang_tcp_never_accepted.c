/*
 * Specimen: the client waits for an answer, the server for the client's end.
 * Verdict: hung
 * Saying: Call accept, and serve the socket that it returns
 * Within: 4
 */
#include "sockets.h"

static void waits_instead_of_accepting(void **state)
{
    (void)state;
    struct sockaddr_in here;
    int listener = bind_ip(SOCK_STREAM, &here);
    char c;
    CHECK_OK(listen(listener, 4), "open for guests");
    if (fork() == 0) {
        close(listener);
        int fd = call_ip(&here);
        write(fd, "?", 1);
        _exit(read(fd, &c, 1) != 1);
    }
    wait(NULL);
    accept(listener, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_instead_of_accepting),
};
EXERCISE("specimens/hang_tcp_never_accepted", "tcp(7)", facts)
