/*
 * Technique: SIGCHLD blocked and read from a signalfd, poll with what is left
 */
#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int watch(int fd, pid_t pid, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    struct signalfd_siginfo news;
    double end = seconds() + ms / 1e3;

    for (;;) {
        siginfo_t info;
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            return -1;
        if (info.si_pid)
            return 1;
        double left = (end - seconds()) * 1e3;
        if (ms >= 0 && left <= 0)
            return 0;
        if (poll(&p, 1, ms < 0 ? -1 : (int)left + 1) > 0 &&
            read(fd, &news, sizeof(news)) < 0 && errno != EAGAIN &&
            errno != EINTR)
            return -1;
    }
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    sigset_t chld, old;
    int fd, ended = -1, result = -1, error, status;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    pthread_sigmask(SIG_BLOCK, &chld, &old);
    fd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd >= 0)
        ended = watch(fd, leader, timeout_ms);
    if (ended == 0) {
        kill(-leader, SIGTERM);
        if (watch(fd, leader, grace_ms) < 0)
            ended = -1;
    }
    if (ended >= 0) {
        kill(-leader, SIGKILL);
        while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
            ;
        if (wstatus)
            *wstatus = status;
        result = !ended;
    }
    error = errno;
    if (fd >= 0)
        close(fd);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return result;
}
