/*
 * Specimen: accept on TCP: quiet for 1.5 s before the verdict.
 * Verdict: hung
 * Saying: a connection that nobody is left to make
 * Within: 3
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fact.h"

static void waits_for_a_guest(void **state)
{
    (void)state;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    CHECK_OK(listen(fd, 1), "open for guests at any free port");
    accept(fd, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_for_a_guest),
};
EXERCISE("specimens/hang_tcp", "tcp(7)", facts)
