/*
 * Technique: select on a pidfd; what is left is worked out with timespecs,
 *            and a failure on the way still stops the group
 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void after(struct timespec *t, int ms)
{
    clock_gettime(CLOCK_MONOTONIC, t);
    t->tv_nsec += ms % 1000 * 1000000L;
    t->tv_sec += ms / 1000 + t->tv_nsec / 1000000000;
    t->tv_nsec %= 1000000000;
}

static struct timeval until(const struct timespec *end)
{
    struct timespec now;
    struct timeval left;

    clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = end->tv_sec - now.tv_sec;
    left.tv_usec = (end->tv_nsec - now.tv_nsec) / 1000;
    if (left.tv_usec < 0) {
        left.tv_usec += 1000000;
        left.tv_sec--;
    }
    if (left.tv_sec < 0)
        left.tv_sec = left.tv_usec = 0;
    return left;
}

static int readable_within(int fd, int ms)
{
    struct timespec end;
    int n;

    after(&end, ms < 0 ? 0 : ms);
    do {
        struct timeval left = until(&end);
        fd_set set;
        FD_ZERO(&set);
        FD_SET(fd, &set);
        n = select(fd + 1, &set, NULL, NULL, ms < 0 ? NULL : &left);
    } while (n < 0 && errno == EINTR);
    return n;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    int fd, status, n, error = 0;
    pid_t got = waitpid(leader, &status, WNOHANG);

    if (got < 0)
        return -1;
    if (got > 0) { /* its group may live on without it */
        kill(-leader, SIGKILL);
        if (wstatus)
            *wstatus = status;
        return 0;
    }
    fd = (int)syscall(SYS_pidfd_open, leader, 0);
    n = fd < 0 ? -1 : readable_within(fd, timeout_ms);
    if (n < 0)
        error = errno;
    if (n == 0) {
        kill(-leader, SIGTERM);
        readable_within(fd, grace_ms);
    }
    kill(-leader, SIGKILL);
    while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
        ;
    if (fd >= 0)
        close(fd);
    if (wstatus)
        *wstatus = status;
    errno = error;
    return error ? -1 : n == 0;
}
