/*
 * Specimen: client and server both send more than fits, over TCP.
 * Verdict: hung
 * Saying: both write, and neither reads
 * Within: 8
 */
#include "sockets.h"

static void nobody_reads(void **state)
{
    (void)state;
    static char much[1 << 23];
    struct sockaddr_in here;
    int listener = bind_ip(SOCK_STREAM, &here), fd;
    CHECK_OK(listen(listener, 4), "open for guests");
    if (fork() == 0) {
        fd = call_ip(&here);
        send(fd, much, sizeof(much), 0);
        read(fd, much, sizeof(much));
        _exit(0);
    }
    fd = accept(listener, NULL, NULL);
    send(fd, much, sizeof(much), 0);
    read(fd, much, sizeof(much));
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_reads),
};
EXERCISE("specimens/hang_tcp_both_write", "tcp(7)", facts)
