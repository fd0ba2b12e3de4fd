/*
 * Technique: the three signals through a signalfd, poll
 */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct state {
    int n, left, alive, fd;
    int (*work)(int);
    int *restarts;
    pid_t *pids;
    sigset_t old;
};

static int launch(struct state *s, int slot)
{
    pid_t pid = fork();

    switch (pid) {
    case -1:
        return -1;
    case 0:
        close(s->fd);
        sigprocmask(SIG_SETMASK, &s->old, NULL);
        _exit(s->work(slot) != 0);
    default:
        s->pids[slot] = pid;
        s->alive++;
        return 0;
    }
}

static int tend(struct state *s)
{
    for (int slot = 0; slot < s->n; slot++) {
        int status;
        if (!s->pids[slot] || waitpid(s->pids[slot], &status, WNOHANG) < 1)
            continue;
        s->pids[slot] = 0;
        s->alive--;
        if (status == 0)
            continue;
        if (s->left == 0) {
            errno = ECANCELED;
            return -1;
        }
        s->left--;
        if (launch(s, slot) < 0)
            return -1;
        s->restarts[slot]++;
    }
    return 0;
}

/* The signal to stop for, 0 when all is done, -1 on error. */
static int loop(struct state *s)
{
    struct pollfd p = {.fd = s->fd, .events = POLLIN};
    struct signalfd_siginfo info;

    while (s->alive) {
        if (poll(&p, 1, -1) < 0) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        while (read(s->fd, &info, sizeof(info)) == sizeof(info))
            if (info.ssi_signo != SIGCHLD)
                return (int)info.ssi_signo;
        if (tend(s) < 0)
            return -1;
    }
    return 0;
}

static void finish(struct state *s, int sig)
{
    for (int i = 0; i < s->n; i++)
        if (s->pids[i])
            kill(s->pids[i], sig);
    for (int i = 0; i < s->n; i++)
        if (s->pids[i])
            while (waitpid(s->pids[i], NULL, 0) < 0 && errno == EINTR)
                ;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct state s = {n, max_restarts, 0, -1, work, restarts, NULL, {{0}}};
    sigset_t set;
    int result = -1, error;

    if (n < 0 || max_restarts < 0)
        return errno = EINVAL, -1;
    memset(restarts, 0, (size_t)n * sizeof(*restarts));
    s.pids = calloc((size_t)n + 1, sizeof(*s.pids));
    if (!s.pids)
        return -1;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, &s.old);
    s.fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (s.fd >= 0) {
        int slot = 0;
        while (slot < n && launch(&s, slot) == 0)
            slot++;
        if (slot == n)
            result = loop(&s);
    }
    error = errno;
    finish(&s, result > 0 ? result : SIGTERM);
    if (s.fd >= 0)
        close(s.fd);
    sigprocmask(SIG_SETMASK, &s.old, NULL);
    free(s.pids);
    errno = error;
    return result > 0 ? 1 : result;
}
