/*
 * Specimen: poll on the pidfd of a child that waits for a signal.
 * Verdict: hung
 * Saying: while the parent waits for child 1 to end
 * Within: 0.5
 */
#include <poll.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void parent_polls(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        pause();
        _exit(0);
    }
    struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
    poll(&p, 1, -1);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(parent_polls),
};
EXERCISE("specimens/hang_pidfd", "pidfd_open(2)", facts)
