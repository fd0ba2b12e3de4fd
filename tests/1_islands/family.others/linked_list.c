/*
 * Technique: a linked list of children, the youngest first, each killed
 * through a pidfd where there is one.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
    struct child *elder;
    pid_t pid;
    int index;
};

static void stop(pid_t pid)
{
    int fd = (int)syscall(SYS_pidfd_open, pid, 0);

    if (fd == -1 || syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) == -1)
        kill(pid, SIGKILL);
    if (fd != -1)
        close(fd);
}

static struct child *bear(int index, int (*work)(int), struct child *elder)
{
    struct child *child = malloc(sizeof(*child));

    if (child == NULL)
        return NULL;
    child->elder = elder;
    child->index = index;
    child->pid = fork();
    if (child->pid == 0)
        _exit(work(index));
    if (child->pid != -1)
        return child;

    int error = errno;

    free(child);
    errno = error;
    return NULL;
}

int family(int n, int (*work)(int index), int status[])
{
    struct child *youngest = NULL, *child = NULL;
    int error = 0;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < n; i++) {
        child = bear(i, work, youngest);
        if (child == NULL) {
            error = errno;
            break;
        }
        youngest = child;
    }
    for (child = youngest; error && child; child = child->elder)
        stop(child->pid);
    while ((child = youngest) != NULL) {
        int w = 0;

        while (waitpid(child->pid, &w, 0) == -1 && errno == EINTR)
            ;
        status[child->index] =
            WIFEXITED(w) ? WEXITSTATUS(w) : WTERMSIG(w) + 128;
        youngest = child->elder;
        free(child);
    }
    errno = error;
    return error ? -1 : 0;
}
