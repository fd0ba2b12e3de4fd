/*
 * Technique: handlers note in flags, ppoll on nothing lets them in; the
 *            workers are found with waitid and WNOWAIT first
 */
#include "supervise.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stop_signal;

static void on_child(int sig)
{
    (void)sig;
}

static void on_stop(int sig)
{
    stop_signal = sig;
}

struct station {
    int slots, spare, *restarts;
    int (*work)(int);
    struct post {
        pid_t pid;
        bool manned;
    } * post;
    sigset_t mask;
    struct sigaction chld, term, intr;
};

static void give_back(const struct station *s)
{
    sigaction(SIGCHLD, &s->chld, NULL);
    sigaction(SIGTERM, &s->term, NULL);
    sigaction(SIGINT, &s->intr, NULL);
    sigprocmask(SIG_SETMASK, &s->mask, NULL);
}

static bool man(struct station *s, int i)
{
    s->post[i].pid = fork();
    if (s->post[i].pid == 0) {
        give_back(s);
        _exit(s->work(i) == 0 ? 0 : 77);
    }
    s->post[i].manned = s->post[i].pid > 0;
    return s->post[i].manned;
}

static int look(struct station *s)
{
    int manned = 0;

    for (int i = 0; i < s->slots; i++) {
        siginfo_t info = {.si_pid = 0};
        id_t id = (id_t)s->post[i].pid;
        if (!s->post[i].manned)
            continue;
        waitid(P_PID, id, &info, WEXITED | WNOHANG | WNOWAIT);
        if (info.si_pid == 0) {
            manned++;
            continue;
        }
        waitid(P_PID, id, &info, WEXITED);
        s->post[i].manned = false;
        if (info.si_code == CLD_EXITED && info.si_status == 0)
            continue;
        if (s->spare == 0) {
            errno = ECANCELED;
            return -1;
        }
        if (!man(s, i))
            return -1;
        s->spare--;
        s->restarts[i]++;
        manned++;
    }
    return manned;
}

static int keep(struct station *s)
{
    int manned;

    for (int i = 0; i < s->slots; i++)
        if (!man(s, i))
            return -1;
    while (!stop_signal && (manned = look(s)) != 0) {
        if (manned < 0)
            return -1;
        sigset_t open = s->mask;
        sigdelset(&open, SIGCHLD);
        sigdelset(&open, SIGTERM);
        sigdelset(&open, SIGINT);
        ppoll(NULL, 0, NULL, &open);
    }
    return stop_signal ? 1 : 0;
}

static void dismiss(struct station *s)
{
    int sig = stop_signal ? stop_signal : SIGTERM;

    for (int i = 0; i < s->slots; i++)
        if (s->post[i].manned)
            kill(s->post[i].pid, sig);
    for (int i = 0; i < s->slots; i++)
        while (s->post[i].manned && waitpid(s->post[i].pid, NULL, 0) < 0 &&
               errno == EINTR)
            ;
}

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    struct station s = {
        .slots = n, .spare = max_restarts, .restarts = restarts, .work = work};
    struct sigaction child = {.sa_handler = on_child};
    struct sigaction stop = {.sa_handler = on_stop};
    sigset_t set;
    int result, error;

    if (n < 0 || max_restarts < 0) {
        errno = EINVAL;
        return -1;
    }
    s.post = calloc((size_t)(n ? n : 1), sizeof(*s.post));
    if (!s.post)
        return -1;
    for (int i = 0; i < n; i++)
        restarts[i] = 0;
    stop_signal = 0;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, &s.mask);
    sigaction(SIGCHLD, &child, &s.chld);
    sigaction(SIGTERM, &stop, &s.term);
    sigaction(SIGINT, &stop, &s.intr);
    result = keep(&s);
    error = errno;
    if (result != 0)
        dismiss(&s);
    give_back(&s);
    free(s.post);
    errno = error;
    return result;
}
