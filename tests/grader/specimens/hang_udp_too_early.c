/*
 * Specimen: the datagram is sent before the receiver has its port.
 * Verdict: hung
 * Saying: sent it before the bind
 * Within: 1
 */
#include "sockets.h"

static void nobody_is_there_yet(void **state)
{
    (void)state;
    struct sockaddr_in here;
    char c;
    close(bind_ip(SOCK_DGRAM, &here)); /* a port that is free */
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (fork() == 0) {
        sendto(fd, "?", 1, 0, (struct sockaddr *)&here, sizeof(here));
        _exit(0);
    }
    wait(NULL);
    close(fd);
    fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_OK(bind(fd, (struct sockaddr *)&here, sizeof(here)), "that port");
    recvfrom(fd, &c, 1, 0, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_is_there_yet),
};
EXERCISE("specimens/hang_udp_too_early", "udp(7)", facts)
