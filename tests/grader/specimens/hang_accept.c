/*
 * Specimen: accept without anybody who connects.
 * Verdict: hung
 * Saying: a connection that nobody is left to make
 * Within: 0.5
 */
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fact.h"

static void waits_for_a_guest(void **state)
{
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    strcpy(address.sun_path, "door");
    CHECK_OK(bind(fd, (struct sockaddr *)&address, sizeof(address)), "a name");
    CHECK_OK(listen(fd, 1), "open for guests");
    accept(fd, NULL, NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(waits_for_a_guest),
};
EXERCISE("specimens/hang_accept", "unix(7)", facts)
