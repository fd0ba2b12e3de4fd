/*
 * Technique: SIGCHLD blocked, with an empty handler; ppoll on nothing lets
 *            it in and falls asleep in one step
 */
#include "deadline.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static void wake(int sig)
{
    (void)sig;
}

static struct timespec minus(struct timespec a, struct timespec b)
{
    a.tv_sec -= b.tv_sec;
    a.tv_nsec -= b.tv_nsec;
    if (a.tv_nsec < 0) {
        a.tv_nsec += 1000000000;
        a.tv_sec--;
    }
    return a;
}

static int ended(pid_t pid)
{
    siginfo_t info = {.si_pid = 0};

    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    return info.si_pid != 0;
}

static int sleep_until_ended(pid_t pid, int ms, const sigset_t *open)
{
    struct timespec begin, now, gone, time = {ms / 1000, ms % 1000 * 1000000L};
    int done;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    while ((done = ended(pid)) == 0) {
        struct timespec left = time;
        clock_gettime(CLOCK_MONOTONIC, &now);
        gone = minus(now, begin);
        left = minus(time, gone);
        if (ms >= 0 && left.tv_sec < 0)
            return 0;
        if (ppoll(NULL, 0, ms < 0 ? NULL : &left, open) == 0)
            return ended(pid);
    }
    return done;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    struct sigaction action = {.sa_handler = wake}, old_action;
    sigset_t chld, open, old;
    int done, result = -1, error = 0, status;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &old);
    sigaction(SIGCHLD, &action, &old_action);
    open = old;
    sigdelset(&open, SIGCHLD);
    done = sleep_until_ended(leader, timeout_ms, &open);
    if (done < 0)
        error = errno;
    if (done == 0) {
        kill(-leader, SIGTERM);
        sleep_until_ended(leader, grace_ms, &open);
    }
    if (done >= 0) {
        kill(-leader, SIGKILL);
        while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
            ;
        if (wstatus)
            *wstatus = status;
        result = !done;
    }
    sigaction(SIGCHLD, &old_action, NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return result;
}
