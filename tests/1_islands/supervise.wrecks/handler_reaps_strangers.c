/*
 * Mistake: the SIGCHLD handler reaps whatever has ended.
 * Caught by: other_children_stay_the_callers
 * Saying: a child that is no worker was reaped
 */
#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t crew[64];
static volatile sig_atomic_t ended[64], status_of[64], told;

static void on_child(int sig)
{
    int saved = errno, status;
    pid_t pid;

    (void)sig;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < 64; i++)
            if (crew[i] == pid) {
                crew[i] = 0;
                ended[i] = 1;
                status_of[i] = status;
            }
    errno = saved;
}

static void on_stop(int sig)
{
    told = sig;
}

static sigset_t set, old;
static struct sigaction o[3];
static const int sigs[3] = {SIGCHLD, SIGTERM, SIGINT};

static void give_back(void)
{
    for (int i = 0; i < 3; i++)
        sigaction(sigs[i], &o[i], NULL);
    sigprocmask(SIG_SETMASK, &old, NULL);
}

static int start(int slot, int (*work)(int))
{
    crew[slot] = fork();
    if (crew[slot] == 0) {
        give_back();
        _exit(work(slot) != 0);
    }
    return crew[slot] < 0 ? -1 : 0;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct sigaction child = {.sa_handler = on_child};
    struct sigaction stop = {.sa_handler = on_stop};
    int running = n, result = 0, error = 0;

    if (n < 0 || n > 64 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    told = 0;
    sigemptyset(&set);
    for (int i = 0; i < 3; i++)
        sigaddset(&set, sigs[i]);
    sigprocmask(SIG_BLOCK, &set, &old);
    for (int i = 0; i < 3; i++)
        sigaction(sigs[i], i == 0 ? &child : &stop, &o[i]);
    for (int i = 0; i < 64; i++)
        crew[i] = ended[i] = 0;
    for (int i = 0; i < n && result == 0; i++) {
        restarts[i] = 0;
        result = start(i, work);
        error = errno;
    }
    while (running && !told && result == 0) {
        sigsuspend(&old);
        for (int i = 0; i < n && !told && result == 0; i++) {
            if (!ended[i])
                continue;
            ended[i] = 0;
            if (status_of[i] == 0)
                running--;
            else if (max_restarts-- == 0) {
                result = -1;
                error = ECANCELED;
            } else {
                result = start(i, work);
                error = errno;
                restarts[i]++;
            }
        }
    }
    if (told || result < 0)
        for (int i = 0; i < n; i++)
            if (crew[i] > 0)
                kill(crew[i], told ? told : SIGTERM);
    for (int i = 0; i < n; i++)
        while (crew[i] > 0)
            sigsuspend(&old);
    give_back();
    errno = error;
    return result < 0 ? -1 : told ? 1 : 0;
}
