/*
 * Specimen: the datagram goes to another port.
 * Verdict: hung
 * Saying: sent one to 127.0.0.1:9, where nobody is
 * Within: 1
 */
#include "sockets.h"

static void writes_to_the_wrong_port(void **state)
{
    (void)state;
    struct sockaddr_in here;
    int fd = bind_ip(SOCK_DGRAM, &here);
    char c;
    if (fork() == 0) {
        int own = socket(AF_INET, SOCK_DGRAM, 0);
        here.sin_port = htons(9);
        sendto(own, "?", 1, 0, (struct sockaddr *)&here, sizeof(here));
        recv(own, &c, 1, 0);
        _exit(0);
    }
    recvfrom(fd, &c, 1, 0, NULL, NULL);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(writes_to_the_wrong_port),
};
EXERCISE("specimens/hang_udp_wrong_port", "udp(7)", facts)
