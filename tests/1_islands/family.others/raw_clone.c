/*
 * Technique: the system call below fork, without the library around it.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t bare_fork(void)
{
    return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static int finish(pid_t pid)
{
    int wstatus = 0;

    while (waitpid(pid, &wstatus, 0) == -1 && errno == EINTR)
        ;
    return WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus)
                                : WEXITSTATUS(wstatus);
}

int family(int n, int (*work)(int index), int status[])
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }

    pid_t *pid = calloc((size_t)n + 1, sizeof(*pid));
    int made, error = 0;

    if (pid == NULL)
        return -1;
    for (made = 0; made < n; made++) {
        pid[made] = bare_fork();
        if (pid[made] == 0)
            _exit(work(made));
        if (pid[made] == -1) {
            error = errno;
            break;
        }
    }
    for (int i = 0; error && i < made; i++)
        kill(pid[i], SIGKILL);
    for (int i = 0; i < made; i++)
        status[i] = finish(pid[i]);
    free(pid);
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}
