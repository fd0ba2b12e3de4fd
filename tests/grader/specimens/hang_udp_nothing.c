/*
 * Specimen: waits for a datagram that nobody sends.
 * Verdict: hung
 * Saying: and nobody is left to send one
 * Within: 1
 */
#include "sockets.h"

static void nobody_writes(void **state)
{
    (void)state;
    struct sockaddr_in here;
    int fd = bind_ip(SOCK_DGRAM, &here);
    char c;
    recvfrom(fd, &c, 1, 0, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_writes),
};
EXERCISE("specimens/hang_udp_nothing", "udp(7)", facts)
