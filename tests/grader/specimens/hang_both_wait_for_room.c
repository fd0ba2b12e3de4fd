/*
 * Specimen: two pipes, both sides non-blocking, and both poll for room.
 * Verdict: hung
 * Saying: each looks with poll, before every piece it writes
 * Within: 0.5
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void sends_much(int in, int out)
{
    static char much[1000000];
    struct pollfd room = {.fd = out, .events = POLLOUT};
    for (size_t done = 0; done < sizeof(much);) {
        ssize_t n = write(out, much + done, sizeof(much) - done);
        if (n > 0)
            done += (size_t)n;
        else
            poll(&room, 1, -1);
    }
    while (read(in, much, sizeof(much)) > 0)
        ;
}

static void much_both_ways(void **state)
{
    (void)state;
    int there[2], back[2];
    CHECK_OK(pipe2(there, O_NONBLOCK), "a pipe");
    CHECK_OK(pipe2(back, O_NONBLOCK), "another pipe");
    pid_t pid = fork();
    if (pid == 0) {
        close(there[1]);
        close(back[0]);
        sends_much(there[0], back[1]);
        _exit(0);
    }
    close(there[0]);
    close(back[1]);
    sends_much(back[0], there[1]);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(much_both_ways),
};
EXERCISE("specimens/hang_both_wait_for_room", "pipe(7), poll(2)", facts)
