/*
 * Mistake: a condition variable whose clock is the wall clock.
 * Caught by: the_wall_clock_may_jump_ahead
 * Saying: only CLOCK_MONOTONIC measures time
 */
#include "deadline.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>

struct news {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pid_t pid;
    bool ended;
};

static void *wait_for_it(void *arg)
{
    struct news *news = arg;
    siginfo_t info;

    while (waitid(P_PID, (id_t)news->pid, &info, WEXITED | WNOWAIT) < 0 &&
           errno == EINTR)
        ;
    pthread_mutex_lock(&news->lock);
    news->ended = true;
    pthread_cond_signal(&news->changed);
    pthread_mutex_unlock(&news->lock);
    return NULL;
}

static bool ended_within(struct news *news, int ms)
{
    struct timespec end;
    bool ended;
    int error = 0;

    clock_gettime(CLOCK_REALTIME, &end);
    end.tv_sec += ms / 1000;
    end.tv_nsec += ms % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&news->lock);
    while (!news->ended && error != ETIMEDOUT)
        if (ms < 0)
            pthread_cond_wait(&news->changed, &news->lock);
        else
            error = pthread_cond_timedwait(&news->changed, &news->lock, &end);
    ended = news->ended;
    pthread_mutex_unlock(&news->lock);
    return ended;
}

static int start_thread(struct news *news, pthread_t *thread)
{
    pthread_condattr_t attr;
    sigset_t all, old;
    int error;

    pthread_mutex_init(&news->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_cond_init(&news->changed, &attr);
    pthread_condattr_destroy(&attr);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    error = pthread_create(thread, NULL, wait_for_it, news);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return error;
}

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus)
{
    struct news news = {.pid = leader};
    pthread_t thread;
    siginfo_t info = {.si_pid = 0};
    int status, result, error;

    if (waitid(P_PID, (id_t)leader, &info, WEXITED | WNOHANG | WNOWAIT) < 0)
        return -1;
    error = start_thread(&news, &thread);
    if (error) {
        errno = error;
        return -1;
    }
    result = info.si_pid ? 0 : !ended_within(&news, timeout_ms);
    if (result == 1) {
        kill(-leader, SIGTERM);
        ended_within(&news, grace_ms);
    }
    kill(-leader, SIGKILL);
    pthread_join(thread, NULL);
    while (waitpid(leader, &status, 0) < 0 && errno == EINTR)
        ;
    pthread_cond_destroy(&news.changed);
    pthread_mutex_destroy(&news.lock);
    if (wstatus)
        *wstatus = status;
    return result;
}
