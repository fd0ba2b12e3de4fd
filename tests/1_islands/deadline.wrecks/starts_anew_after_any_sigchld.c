/*
 * Mistake: sigtimedwait waits the whole time again after each SIGCHLD.
 * Caught by: a_storm_does_not_move_the_deadline
 * Saying: wait only for what is left
 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

/* 1: ended, 0: time over. */
static int await(pid_t pid, const sigset_t *chld, int ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000L};
    siginfo_t info;

    for (;;) {
        info.si_pid = 0;
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
            return -1;
        if (info.si_pid)
            return 1;
        if (sigtimedwait(chld, NULL, ms < 0 ? NULL : &t) < 0 && errno == EAGAIN)
            return 0;
    }
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    sigset_t chld, old;
    int status, ended;

    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &old);
    ended = await(leader, &chld, timeout_ms);
    if (ended == 0) {
        kill(-leader, SIGTERM);
        await(leader, &chld, grace_ms);
    }
    if (ended >= 0) {
        kill(-leader, SIGKILL);
        while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
            ;
        if (wstatus)
            *wstatus = status;
    }
    int error = errno;
    sigprocmask(SIG_SETMASK, &old, NULL);
    errno = error;
    return ended < 0 ? -1 : !ended;
}
