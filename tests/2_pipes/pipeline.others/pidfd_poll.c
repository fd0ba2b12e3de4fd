/*
 * pipeline.c — the parent polls a pidfd of each stage and reaps them as they
 * end.
 *
 * Technique: pidfd_open and poll
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct watch {
    struct pollfd *fd; /* of n stages, and of the news */
    pid_t *pid;
    int n, started;
};

static void become(char *const argv[], int from, int to, int news)
{
    int a = fcntl(from, F_DUPFD_CLOEXEC, 10);
    int b = fcntl(to, F_DUPFD_CLOEXEC, 10);
    int c = fcntl(news, F_DUPFD_CLOEXEC, 10);

    if (a != -1 && b != -1 && c != -1) {
        dup2(a, 0);
        dup2(b, 1);
        signal(SIGPIPE, SIG_DFL);
        execvp(argv[0], argv);
    }
    int error = errno;
    write(c != -1 ? c : news, &error, sizeof(error));
    _exit(127);
}

static int start(struct watch *w, char *const *const argv[], int in, int out,
                 int news)
{
    int from = in, error = 0;

    for (int i = 0; i < w->n && !error; i++) {
        int p[2] = {-1, out};
        if (i < w->n - 1 && pipe2(p, O_CLOEXEC) == -1) {
            error = errno;
            break;
        }
        pid_t pid = fork();
        if (pid == 0)
            become(argv[i], from, p[1], news);
        error = pid == -1 ? errno : 0;
        if (i > 0)
            close(from);
        if (i < w->n - 1)
            close(p[1]);
        from = p[0];
        if (error)
            break;
        w->pid[w->started++] = pid;
        w->fd[i].events = POLLIN;
        w->fd[i].fd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (w->fd[i].fd == -1)
            error = errno;
    }
    if (from != -1 && from != in)
        close(from);
    return error;
}

static int decoded(int w)
{
    return WIFEXITED(w) ? WEXITSTATUS(w) : 128 + WTERMSIG(w);
}

static void reap(pid_t pid, int *status)
{
    int w = 0;

    while (waitpid(pid, &w, 0) == -1 && errno == EINTR)
        ;
    if (status)
        *status = decoded(w);
}

/* The news first: nobody's end is of interest before. Then until all have
 * ended. Returns the errno that came as news. */
static int loop(struct watch *w, int status[])
{
    struct pollfd *news = &w->fd[w->n];
    int left = w->n, error = 0;

    while (poll(news, 1, -1) == -1)
        ; /* EINTR */
    if (read(news->fd, &error, sizeof(error)) > 0)
        return error;
    while (left > 0) {
        if (poll(w->fd, (nfds_t)w->n, -1) == -1)
            continue; /* EINTR */
        for (int i = 0; i < w->n; i++) {
            if (w->fd[i].fd == -1 || !w->fd[i].revents)
                continue;
            reap(w->pid[i], &status[i]);
            close(w->fd[i].fd);
            w->fd[i].fd = -1;
            left--;
        }
    }
    return 0;
}

static int run(struct watch *w, char *const *const argv[], int in, int out,
               int status[])
{
    int news[2];

    if (pipe2(news, O_CLOEXEC) == -1)
        return errno;
    int error = start(w, argv, in, out, news[1]);
    close(news[1]);
    w->fd[w->n] = (struct pollfd){.fd = news[0], .events = POLLIN};
    if (!error)
        error = loop(w, status);
    for (int i = 0; error && i < w->started; i++) {
        kill(w->pid[i], SIGKILL);
        reap(w->pid[i], NULL);
        if (w->fd[i].fd != -1)
            close(w->fd[i].fd);
    }
    close(news[0]);
    return error;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    struct watch w = {.n = n};
    int error = n < 1 ? EINVAL : 0;

    for (int i = 0; i < n; i++)
        if (!argv[i][0])
            error = EINVAL;
    if (!error) {
        w.fd = calloc((size_t)n + 1, sizeof(*w.fd));
        w.pid = calloc((size_t)n, sizeof(*w.pid));
        error = w.fd && w.pid ? run(&w, argv, in, out, status) : ENOMEM;
    }
    free(w.fd);
    free(w.pid);
    if (!error)
        return 0;
    errno = error;
    return -1;
}
