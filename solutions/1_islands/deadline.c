#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* 1: the process has ended, 0: the time is over, -1: error. */
static int ended_within(int pidfd, int timeout_ms)
{
    long long deadline = now_ms() + timeout_ms;
    struct pollfd end = {.fd = pidfd, .events = POLLIN};

    for (;;) {
        long long left = deadline - now_ms();
        int n = poll(&end, 1, timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0);

        if (n >= 0 || errno != EINTR)
            return n;
    }
}

/* As ended_within, but sees to it: SIGTERM when the time is over. */
static int stopped_within(int pidfd, pid_t leader, int timeout_ms, int grace_ms)
{
    int ended = ended_within(pidfd, timeout_ms);

    if (ended != 0)
        return ended < 0 ? -1 : 0;
    kill(-leader, SIGTERM);
    return ended_within(pidfd, grace_ms) < 0 ? -1 : 1;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    siginfo_t info;
    int pidfd, stopped, error, status;

    /* Is it ours? Asked first: nobody else's group may get a signal. */
    if (waitid(P_PID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    pidfd = (int)syscall(SYS_pidfd_open, leader, 0);
    if (pidfd < 0)
        return -1;
    stopped = stopped_within(pidfd, leader, timeout_ms, grace_ms);
    error = errno;
    close(pidfd);
    if (stopped < 0) {
        errno = error;
        return -1;
    }
    /* As long as leader is not reaped, nobody else can get its number. */
    kill(-leader, SIGKILL);
    while (waitpid(leader, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    if (wstatus != NULL)
        *wstatus = status;
    return stopped;
}
/* The trap: poll's time-out starts anew after every signal; a deadline
 * does not. Whoever waits for `left` and not for `timeout_ms` has it right. */
