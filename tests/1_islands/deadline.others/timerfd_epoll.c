/*
 * Technique: a timerfd and a pidfd in one epoll set
 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

static int add(int epoll, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static int set(int timer, int ms)
{
    struct itimerspec in = {
        .it_value = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L}};

    if (ms < 0)
        return 0;
    if (ms == 0)
        in.it_value.tv_nsec = 1;
    return timerfd_settime(timer, 0, &in, NULL);
}

/* 1: the child, 0: the timer, -1: error. The child comes first. */
static int next_event(int epoll, int pidfd)
{
    struct epoll_event event[2];
    int n;

    do
        n = epoll_wait(epoll, event, 2, -1);
    while (n < 0 && errno == EINTR);
    for (int i = 0; i < n; i++)
        if (event[i].data.fd == pidfd)
            return 1;
    return n < 0 ? -1 : 0;
}

static int end_it(pid_t leader, int epoll, int pidfd, int timer, int ms,
                  int grace)
{
    siginfo_t info = {.si_pid = 0};
    int ended;

    if (waitid(P_PID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    if (info.si_pid == leader)
        return 0;
    if (set(timer, ms) < 0 || (ended = next_event(epoll, pidfd)) < 0)
        return -1;
    if (ended)
        return 0;
    kill(-leader, SIGTERM);
    if (set(timer, grace) < 0 || next_event(epoll, pidfd) < 0)
        return -1;
    return 1;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    int epoll, pidfd = -1, timer = -1, result = -1, status, error;
    siginfo_t info;

    if (waitid(P_PID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        return -1;
    pidfd = (int)syscall(SYS_pidfd_open, leader, 0u);
    if (pidfd >= 0)
        timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (timer >= 0 && add(epoll, pidfd) == 0 && add(epoll, timer) == 0)
        result = end_it(leader, epoll, pidfd, timer, timeout_ms, grace_ms);
    error = errno;
    if (result >= 0) {
        kill(-leader, SIGKILL);
        while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
            ;
        if (wstatus)
            *wstatus = status;
    }
    if (timer >= 0)
        close(timer);
    if (pidfd >= 0)
        close(pidfd);
    close(epoll);
    errno = error;
    return result;
}
