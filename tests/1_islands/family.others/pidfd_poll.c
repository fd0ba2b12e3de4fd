/*
 * Technique: poll on pidfds, and waitpid with WNOHANG for those that are
 * ready. Without descriptors to spare it waits for one after another.
 */
#include "family.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    pid_t pid;
    int result;
};

static int decode(int wstatus)
{
    if (WIFSIGNALED(wstatus))
        return 128 + WTERMSIG(wstatus);
    return WEXITSTATUS(wstatus);
}

static void wait_in_turn(struct child *child, int n)
{
    for (int i = 0; i < n; i++) {
        int wstatus = 0;

        if (child[i].pid == 0)
            continue;
        while (waitpid(child[i].pid, &wstatus, 0) < 0 && errno == EINTR)
            continue;
        child[i].result = decode(wstatus);
    }
}

static void wait_as_they_end(struct child *child, struct pollfd *fds, int n)
{
    int left = n;

    while (left > 0) {
        if (poll(fds, (nfds_t)n, -1) < 0)
            continue;
        for (int i = 0; i < n; i++) {
            int wstatus;

            if (fds[i].fd < 0 || !fds[i].revents ||
                waitpid(child[i].pid, &wstatus, WNOHANG) != child[i].pid)
                continue;
            child[i].result = decode(wstatus);
            child[i].pid = 0;
            close(fds[i].fd);
            fds[i].fd = -1;
            left--;
        }
    }
}

static int watch(struct child *child, struct pollfd *fds, int n)
{
    for (int i = 0; i < n; i++) {
        fds[i].events = POLLIN;
        fds[i].fd = pidfd_open(child[i].pid, 0);
        if (fds[i].fd < 0) {
            while (i-- > 0)
                close(fds[i].fd);
            return -1;
        }
    }
    return 0;
}

int family(int n, int (*work)(int index), int status[])
{
    int error = 0, made = 0;

    if (n < 0)
        return errno = EINVAL, -1;

    struct child *child = calloc((size_t)n + 1, sizeof(*child));
    struct pollfd *fds = calloc((size_t)n + 1, sizeof(*fds));

    if (child == NULL || fds == NULL)
        error = ENOMEM;
    for (; error == 0 && made < n; made++) {
        child[made].pid = fork();
        if (child[made].pid == 0)
            _exit(work(made));
        if (child[made].pid < 0) {
            error = errno;
            break;
        }
    }
    for (int i = 0; error && i < made; i++)
        kill(child[i].pid, SIGKILL);
    if (error == 0 && watch(child, fds, made) == 0)
        wait_as_they_end(child, fds, made);
    else
        wait_in_turn(child, made);
    for (int i = 0; error == 0 && i < n; i++)
        status[i] = child[i].result;
    free(fds);
    free(child);
    errno = error;
    return error ? -1 : 0;
}
