/*
 * Specimen: each of two processes polls for what the other could send.
 * Verdict: hung
 * Saying: both wait for the other to speak
 * Within: 0.5
 */
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void both_listen(void **state)
{
    (void)state;
    int fd[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "a pair of sockets");
    pid_t pid = fork();
    close(fd[pid == 0]);
    struct pollfd p = {.fd = fd[pid != 0], .events = POLLIN};
    poll(&p, 1, -1);
    if (pid == 0)
        _exit(0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(both_listen),
};
EXERCISE("specimens/hang_both_poll", "poll(2), unix(7)", facts)
