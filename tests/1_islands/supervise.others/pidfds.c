/*
 * Technique: a pidfd for each worker and a signalfd for SIGTERM and SIGINT
 */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct worker {
    pid_t pid;
};

static sigset_t callers;

static int open_worker(struct worker *w, struct pollfd *p, int slot,
                       int (*work)(int))
{
    w->pid = fork();
    if (w->pid == 0) {
        sigprocmask(SIG_SETMASK, &callers, NULL);
        _exit(work(slot) ? 1 : 0);
    }
    if (w->pid < 0)
        return -1;
    p->events = POLLIN;
    p->fd = (int)syscall(SYS_pidfd_open, w->pid, 0);
    return p->fd < 0 ? -1 : 0;
}

static int close_worker(struct worker *w, struct pollfd *p)
{
    int status = 0;

    while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (p->fd >= 0)
        close(p->fd);
    p->fd = -1;
    w->pid = 0;
    return status;
}

static int tend(int n, struct worker *w, struct pollfd *p, int (*work)(int),
                int *left, int restarts[])
{
    int ended = 0;

    for (int i = 0; i < n; i++) {
        if (p[i].fd < 0 || !p[i].revents)
            continue;
        if (close_worker(&w[i], &p[i]) == 0) {
            ended++;
            continue;
        }
        if (*left == 0) {
            errno = ECANCELED;
            return -1;
        }
        (*left)--;
        if (open_worker(&w[i], &p[i], i, work) < 0)
            return -1;
        restarts[i]++;
    }
    return ended;
}

static int loop(int n, struct worker *w, struct pollfd *p, int (*work)(int),
                int left, int restarts[], int *sig)
{
    struct signalfd_siginfo info;
    int running = n;

    for (int i = 0; i < n; i++)
        if (open_worker(&w[i], &p[i], i, work) < 0)
            return -1;
    while (running > 0) {
        int ended;
        if (poll(p, (nfds_t)n + 1, -1) < 0) {
            if (errno != EINTR)
                return -1;
            continue;
        }
        if (p[n].revents && read(p[n].fd, &info, sizeof(info)) > 0) {
            *sig = (int)info.ssi_signo;
            return 1;
        }
        ended = tend(n, w, p, work, &left, restarts);
        if (ended < 0)
            return -1;
        running -= ended;
    }
    return 0;
}

static void stop(int n, struct worker *w, struct pollfd *p, int sig)
{
    for (int i = 0; i < n; i++)
        if (w[i].pid > 0)
            kill(w[i].pid, sig);
    for (int i = 0; i < n; i++)
        if (w[i].pid > 0)
            close_worker(&w[i], &p[i]);
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct worker *w = NULL;
    struct pollfd *p = NULL;
    int result = -1, sig = SIGTERM, error;
    sigset_t set;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    w = calloc((size_t)n + 1, sizeof(*w));
    p = calloc((size_t)n + 1, sizeof(*p));
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, &callers);
    if (w && p) {
        for (int i = 0; i < n; i++) {
            restarts[i] = 0;
            p[i].fd = -1;
        }
        p[n].events = POLLIN;
        p[n].fd = signalfd(-1, &set, SFD_CLOEXEC);
        if (p[n].fd >= 0)
            result = loop(n, w, p, work, max_restarts, restarts, &sig);
        error = errno;
        stop(n, w, p, sig);
        if (p[n].fd >= 0)
            close(p[n].fd);
        errno = error;
    }
    error = errno;
    free(p);
    free(w);
    sigprocmask(SIG_SETMASK, &callers, NULL);
    errno = error;
    return result;
}
