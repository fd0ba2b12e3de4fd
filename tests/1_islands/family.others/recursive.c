/*
 * Technique: recursion. Each level forks one child, lets the rest of the
 * family come into being, and waits for its own on the way back. No table.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static int rest(int i, int n, int (*work)(int), int status[])
{
    int wstatus, failed, error;

    if (i == n)
        return 0;

    pid_t pid = fork();

    if (pid == -1)
        return -1;
    if (pid == 0)
        _exit(work(i));
    failed = rest(i + 1, n, work, status);
    error = errno;
    if (failed)
        kill(pid, SIGKILL);
    while (waitpid(pid, &wstatus, 0) == -1)
        if (errno != EINTR)
            break;
    status[i] =
        WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus) : WEXITSTATUS(wstatus);
    errno = error;
    return failed;
}

int family(int n, int (*work)(int index), int status[])
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    return rest(0, n, work, status);
}
