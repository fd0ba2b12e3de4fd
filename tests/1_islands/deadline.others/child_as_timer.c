/*
 * Technique: a child sleeps the time away; its end of a pipe closes when it
 *            wakes. poll on the pipe and on a pidfd, without a time-out
 */
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct timer {
    pid_t pid;
    int fd; /* at its end when the time is over */
};

static void reap(pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0 && errno == EINTR)
        ;
}

static void sleep_ms(int ms)
{
    struct timespec left = {.tv_sec = ms / 1000,
                            .tv_nsec = ms % 1000 * 1000000L};

    while (nanosleep(&left, &left) < 0 && errno == EINTR)
        ;
}

static int timer_start(struct timer *timer, int ms)
{
    int end[2] = {-1, -1};

    if (pipe2(end, O_CLOEXEC) < 0)
        return -1;
    timer->pid = fork();
    if (timer->pid == 0) {
        close(end[0]);
        sleep_ms(ms);
        _exit(0);
    }
    close(end[1]);
    timer->fd = end[0];
    if (timer->pid > 0)
        return 0;
    close(end[0]);
    return -1;
}

static void timer_stop(struct timer *timer)
{
    close(timer->fd);
    kill(timer->pid, SIGKILL);
    reap(timer->pid, NULL);
}

static int ended_within(int pidfd, int ms)
{
    struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN},
                          {.fd = -1, .events = POLLIN}};
    struct timer timer = {0};
    int n;

    if (ms > 0 && timer_start(&timer, ms) < 0)
        return -1;
    if (ms > 0)
        p[1].fd = timer.fd;
    do
        n = poll(p, 2, ms == 0 ? 0 : -1);
    while (n < 0 && errno == EINTR);
    if (ms > 0)
        timer_stop(&timer);
    return n < 0 ? -1 : (p[0].revents & POLLIN) != 0;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    siginfo_t info;
    int pidfd, ended, status, error;

    if (waitid(P_PID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    pidfd = (int)syscall(SYS_pidfd_open, leader, 0);
    if (pidfd < 0)
        return -1;
    ended = ended_within(pidfd, timeout_ms);
    error = errno;
    if (ended == 0) {
        kill(-leader, SIGTERM);
        ended_within(pidfd, grace_ms);
    }
    close(pidfd);
    if (ended < 0) {
        errno = error;
        return -1;
    }
    kill(-leader, SIGKILL);
    reap(leader, &status);
    if (wstatus)
        *wstatus = status;
    return !ended;
}
