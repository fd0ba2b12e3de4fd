/*
 * Specimen: a socket's other end left open in the reader itself.
 * Verdict: hung
 * Saying: close(fd
 * Within: 0.5
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void reads_to_the_end(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "a pair of sockets");
    if (fork() == 0) {
        write(fd[1], "x", 1);
        _exit(0);
    }
    while (read(fd[0], &c, 1) > 0)
        ;
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(reads_to_the_end),
};
EXERCISE("specimens/hang_own_socket_end", "unix(7)", facts)
