/*
 * Specimen: two that write much to each other before they read.
 * Verdict: hung
 * Saying: both write, and neither reads
 * Within: 0.5
 */
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void much_both_ways(void **state)
{
    (void)state;
    static char much[1000000];
    int fd[2];
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "a pair of sockets");
    pid_t pid = fork();
    close(fd[pid == 0]);
    write(fd[pid != 0], much, sizeof(much));
    read(fd[pid != 0], much, sizeof(much));
    if (pid == 0)
        _exit(0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(much_both_ways),
};
EXERCISE("specimens/hang_both_write", "unix(7)", facts)
