/*
 * Specimen: both ends of a socket pair wait for the other to speak.
 * Verdict: hung
 * Saying: both wait for the other to speak
 * Within: 0.5
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void nobody_begins(void **state)
{
    (void)state;
    int fd[2];
    char c;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "a pair of sockets");
    if (fork() == 0) {
        close(fd[0]);
        recv(fd[1], &c, 1, 0);
        send(fd[1], "x", 1, 0);
        _exit(0);
    }
    close(fd[1]);
    recv(fd[0], &c, 1, 0);
    send(fd[0], "x", 1, 0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_begins),
};
EXERCISE("specimens/hang_both_receive", "unix(7)", facts)
