/*
 * Technique: the table of pids is a mapping, and the wait is wait4.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int await(pid_t pid)
{
    struct rusage usage;
    int wstatus = 0;

again:
    if (wait4(pid, &wstatus, 0, &usage) == -1) {
        if (errno == EINTR)
            goto again;
        return -1;
    }
    if (WIFEXITED(wstatus))
        return WEXITSTATUS(wstatus);
    return WTERMSIG(wstatus) + 128;
}

int family(int n, int (*work)(int index), int status[])
{
    int i, result = -1, error = 0;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }

    size_t size = ((size_t)n + 1) * sizeof(pid_t);
    pid_t *pids = mmap(NULL, size, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (pids == MAP_FAILED)
        return -1;
    for (i = 0; i < n; i++) {
        pids[i] = _Fork();
        if (pids[i] == -1)
            goto undo;
        if (pids[i] == 0)
            _exit(work(i));
    }
    for (i = 0; i < n; i++)
        status[i] = await(pids[i]);
    result = 0;
    goto out;
undo:
    error = errno;
    while (--i >= 0) {
        kill(pids[i], SIGKILL);
        await(pids[i]);
    }
out:
    munmap(pids, size);
    if (error)
        errno = error;
    return result;
}
