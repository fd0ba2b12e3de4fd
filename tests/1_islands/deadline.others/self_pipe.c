/*
 * Technique: a SIGCHLD handler that writes into a pipe, poll on the pipe,
 *            handler and mask put back afterwards
 */
#include "deadline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t self_pipe = -1;

static void on_child(int sig)
{
    int error = errno;

    (void)sig;
    if (write(self_pipe, "", 1) < 0)
        errno = error; /* full: somebody has rung already */
    errno = error;
}

static long ms_until(const struct timespec *end)
{
    struct timespec now;
    long ms;

    clock_gettime(CLOCK_MONOTONIC, &now);
    ms = (end->tv_sec - now.tv_sec) * 1000 +
         (end->tv_nsec - now.tv_nsec + 999999) / 1000000;
    return ms > 0 ? ms : 0;
}

/* The child's pid when it has been reaped, 0 when the time is over. */
static pid_t reap_within(pid_t pid, int pipe_end, int ms, int *status,
                         int flags)
{
    struct pollfd bell = {.fd = pipe_end, .events = POLLIN};
    struct timespec end;
    char drain[64];

    clock_gettime(CLOCK_MONOTONIC, &end);
    if (ms > 0) {
        end.tv_sec += ms / 1000;
        end.tv_nsec += ms % 1000 * 1000000L;
        if (end.tv_nsec >= 1000000000) {
            end.tv_nsec -= 1000000000;
            end.tv_sec++;
        }
    }
    for (;;) {
        siginfo_t info = {.si_pid = 0};
        long left = ms < 0 ? -1 : ms_until(&end);
        (void)status;
        if (waitid(P_PID, (id_t)pid, &info, flags) < 0)
            return -1;
        if (info.si_pid == pid || left == 0)
            return info.si_pid;
        if (poll(&bell, 1, (int)left) > 0)
            while (read(pipe_end, drain, sizeof(drain)) > 0)
                ;
    }
}

static int stop_and_reap(pid_t leader, int bell, int timeout_ms, int grace_ms,
                         int *status)
{
    int flags = WEXITED | WNOHANG | WNOWAIT, stopped = 0;
    pid_t ended = reap_within(leader, bell, timeout_ms, status, flags);

    if (ended < 0)
        return -1;
    if (ended == 0) {
        stopped = 1;
        kill(-leader, SIGTERM);
        reap_within(leader, bell, grace_ms, status, flags);
    }
    kill(-leader, SIGKILL);
    while (waitpid(leader, status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return stopped;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_RESTART};
    struct sigaction old_action;
    int end[2], status = 0, result, error;

    if (pipe2(end, O_CLOEXEC | O_NONBLOCK) < 0)
        return -1;
    self_pipe = end[1];
    sigaction(SIGCHLD, &action, &old_action);
    result = stop_and_reap(leader, end[0], timeout_ms, grace_ms, &status);
    error = errno;
    sigaction(SIGCHLD, &old_action, NULL);
    close(end[0]);
    close(end[1]);
    if (result >= 0 && wstatus)
        *wstatus = status;
    errno = error;
    return result;
}
