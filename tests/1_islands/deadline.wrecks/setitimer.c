/*
 * Mistake: wakes waitpid with setitimer: its SIGALRM belongs to the caller.
 * Caught by: the_alarm_is_the_callers
 * Saying: a process has one alarm only
 */
#include "deadline.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t over;

static void on_alarm(int sig)
{
    (void)sig;
    over = 1;
}

static void set(int ms)
{
    struct itimerval t = {.it_value = {ms / 1000, ms % 1000 * 1000}};

    over = 0;
    setitimer(ITIMER_REAL, &t, NULL);
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    struct sigaction action = {.sa_handler = on_alarm}, old;
    int status, stopped = 0;
    pid_t pid;

    sigaction(SIGALRM, &action, &old);
    pid = waitpid(leader, &status, WNOHANG);
    if (pid == 0) {
        if (timeout_ms > 0)
            set(timeout_ms);
        while (timeout_ms != 0 && !over &&
               (pid = waitpid(leader, &status, 0)) < 0 && errno == EINTR)
            ;
        set(0);
    }
    if (pid == 0 || (pid < 0 && errno == EINTR)) {
        stopped = 1;
        kill(-leader, SIGTERM);
        if (grace_ms > 0)
            set(grace_ms);
        while (grace_ms != 0 && !over &&
               (pid = waitpid(leader, &status, 0)) < 0 && errno == EINTR)
            ;
        set(0);
    }
    if (pid != -1 || errno == EINTR)
        kill(-leader, SIGKILL);
    if (pid <= 0 && errno == EINTR)
        pid = waitpid(leader, &status, 0);
    sigaction(SIGALRM, &old, NULL);
    if (pid < 0)
        return -1;
    if (wstatus)
        *wstatus = status;
    return stopped;
}
