/*
 * Specimen: client and server both begin with read, over TCP.
 * Verdict: hung
 * Saying: One of them has to write first
 * Within: 4
 */
#include "sockets.h"

static void nobody_begins(void **state)
{
    (void)state;
    struct sockaddr_in here;
    int listener = bind_ip(SOCK_STREAM, &here), fd;
    char c;
    CHECK_OK(listen(listener, 4), "open for guests");
    if (fork() == 0) {
        fd = call_ip(&here);
        recv(fd, &c, 1, 0);
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    read(fd, &c, 1);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_begins),
};
EXERCISE("specimens/hang_tcp_both_read", "tcp(7)", facts)
