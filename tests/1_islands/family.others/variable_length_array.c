/*
 * Technique: all in one function, the pids in a variable length array.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

int family(int n, int (*work)(int index), int status[])
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }

    pid_t pids[n + 1];
    int i, wstatus, fork_errno;
    bool all = true;

    for (i = 0; i < n; i++) {
        pids[i] = fork();
        if (!pids[i])
            _exit(work(i));
        if (pids[i] < 0) {
            fork_errno = errno;
            all = false;
            break;
        }
    }
    if (!all)
        for (int j = 0; j < i; j++)
            kill(pids[j], SIGKILL);
    for (int j = 0; j < i; j++) {
        pid_t got;

        do {
            got = waitpid(pids[j], &wstatus, 0);
        } while (got < 0 && errno == EINTR);
        if (WIFSIGNALED(wstatus))
            status[j] = 128 + WTERMSIG(wstatus);
        else
            status[j] = WEXITSTATUS(wstatus);
    }
    if (!all)
        errno = fork_errno;
    return all ? 0 : -1;
}
