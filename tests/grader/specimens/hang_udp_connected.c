/*
 * Specimen: the answer comes from another port than the question went to.
 * Verdict: hung
 * Saying: what others send does not arrive
 * Within: 1
 */
#include "sockets.h"

static void is_connected_to_another(void **state)
{
    (void)state;
    struct sockaddr_in here, other, mine;
    socklen_t length = sizeof(mine);
    int ask = bind_ip(SOCK_DGRAM, &here), answer = bind_ip(SOCK_DGRAM, &other);
    int fd = bind_ip(SOCK_DGRAM, &mine);
    char c;
    CHECK_OK(connect(fd, (struct sockaddr *)&here, sizeof(here)), "its peer");
    send(fd, "?", 1, 0);
    if (fork() == 0) {
        recvfrom(ask, &c, 1, 0, (struct sockaddr *)&mine, &length);
        sendto(answer, "!", 1, 0, (struct sockaddr *)&mine, length);
        _exit(0);
    }
    recv(fd, &c, 1, 0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(is_connected_to_another),
};
EXERCISE("specimens/hang_udp_connected", "udp(7)", facts)
