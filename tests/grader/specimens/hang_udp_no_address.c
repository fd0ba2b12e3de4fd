/*
 * Specimen: waits for a datagram at a socket that has no port.
 * Verdict: hung
 * Saying: which has no address: nobody can send to it
 * Within: 1
 */
#include "sockets.h"

static void has_no_address(void **state)
{
    (void)state;
    char c;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    recvfrom(fd, &c, 1, 0, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(has_no_address),
};
EXERCISE("specimens/hang_udp_no_address", "udp(7)", facts)
