/*
 * Technique: a signalfd for SIGCHLD, read until everybody has ended.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int wstatus;
};

static int launch(struct child *child, int n, int (*work)(int),
                  const sigset_t *mask)
{
    for (int i = 0; i < n; i++) {
        child[i].pid = fork();
        if (child[i].pid == 0) {
            pthread_sigmask(SIG_SETMASK, mask, NULL);
            _exit(work(i));
        }
        if (child[i].pid < 0)
            return i;
    }
    return n;
}

static void gather(struct child *child, int n, int fd)
{
    struct signalfd_siginfo info;
    int left = n;

    for (;;) {
        for (int i = 0; i < n; i++)
            if (child[i].pid > 0 && waitpid(child[i].pid, &child[i].wstatus,
                                            WNOHANG) == child[i].pid) {
                child[i].pid = 0;
                left--;
            }
        if (left <= 0)
            return;
        if (read(fd, &info, sizeof(info)) < 0 && errno != EINTR)
            return;
    }
}

int family(int n, int (*work)(int index), int status[])
{
    sigset_t chld, mask;

    if (n < 0)
        return errno = EINVAL, -1;
    if (n == 0)
        return 0;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);

    int fd = signalfd(-1, &chld, SFD_CLOEXEC);
    struct child *child = calloc((size_t)n, sizeof(*child));

    if (fd < 0 || child == NULL) {
        int error = fd < 0 ? errno : ENOMEM;
        free(child);
        if (fd >= 0)
            close(fd);
        errno = error;
        return -1;
    }
    pthread_sigmask(SIG_BLOCK, &chld, &mask);
    int made = launch(child, n, work, &mask), error = errno;
    for (int i = 0; made < n && i < made; i++)
        kill(child[i].pid, SIGKILL);
    gather(child, made, fd);
    pthread_sigmask(SIG_SETMASK, &mask, NULL);
    close(fd);
    for (int i = 0; made == n && i < n; i++)
        status[i] = WIFEXITED(child[i].wstatus)
                        ? WEXITSTATUS(child[i].wstatus)
                        : 128 + WTERMSIG(child[i].wstatus);
    free(child);
    errno = error;
    return made == n ? 0 : -1;
}
