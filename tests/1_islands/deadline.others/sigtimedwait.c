/*
 * Technique: SIGCHLD blocked, awaited with sigtimedwait
 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

/* 1: it has ended, 0: it runs, -1: it is no child. */
static int has_ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    return info.si_pid == pid;
}

/* Every SIGCHLD, whoever sent it, only means: look again. */
static int await(pid_t pid, const sigset_t *chld, int ms)
{
    int64_t end = now_ns() + ms * INT64_C(1000000);
    int ended;

    while ((ended = has_ended(pid)) == 0) {
        int64_t left = end - now_ns();
        if (ms < 0) {
            sigwaitinfo(chld, NULL);
        } else if (left <= 0) {
            return 0;
        } else {
            struct timespec t = {.tv_sec = left / 1000000000,
                                 .tv_nsec = left % 1000000000};
            sigtimedwait(chld, NULL, &t);
        }
    }
    return ended;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    sigset_t chld, old;
    int ended, status, stopped = 0, error;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &old);
    ended = await(leader, &chld, timeout_ms);
    if (ended == 0) {
        stopped = 1;
        killpg(leader, SIGTERM);
        ended = await(leader, &chld, grace_ms);
    }
    if (ended >= 0) {
        killpg(leader, SIGKILL);
        while ((ended = waitpid(leader, &status, 0)) < 0 && errno == EINTR)
            ;
    }
    error = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;
    if (ended < 0)
        return -1;
    if (wstatus)
        *wstatus = status;
    return stopped;
}
