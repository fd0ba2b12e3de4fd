/*
 * Mistake: sem_timedwait knows only the wall clock.
 * Caught by: the_wall_clock_may_jump_ahead
 * Saying: only CLOCK_MONOTONIC measures time
 */
#include "deadline.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

static sem_t ended;

static void *wait_for_it(void *pid)
{
    siginfo_t info;

    waitid(P_PID, (id_t) * (pid_t *)pid, &info, WEXITED | WNOWAIT);
    sem_post(&ended);
    return NULL;
}

static int ended_within(int ms)
{
    struct timespec end;
    int r;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000L;
    end.tv_sec += end.tv_nsec / 1000000000;
    end.tv_nsec %= 1000000000;
    do
        r = ms < 0 ? sem_wait(&ended) : sem_timedwait(&ended, &end);
    while (r < 0 && errno == EINTR);
    return r == 0;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    pthread_t thread;
    siginfo_t info = {.si_pid = 0};
    sigset_t all, old;
    int status, stopped;

    if (waitid(P_PID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    sem_init(&ended, 0, 0);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    pthread_create(&thread, NULL, wait_for_it, &leader);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    stopped = info.si_pid == 0 && !ended_within(timeout_ms);
    if (stopped) {
        kill(-leader, SIGTERM);
        ended_within(grace_ms);
    }
    kill(-leader, SIGKILL);
    pthread_join(thread, NULL);
    sem_destroy(&ended);
    while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
        ;
    if (wstatus)
        *wstatus = status;
    return stopped;
}
