/*
 * Technique: the children form a process group; waitpid(-group) takes them
 * in the order they end, and their pid tells which it was.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void reap_all(pid_t group, int count, const pid_t pids[], int status[])
{
    while (count > 0) {
        int wstatus;
        pid_t pid = waitpid(-group, &wstatus, 0);

        if (pid == -1 && errno == EINTR)
            continue;
        if (pid == -1)
            return;
        count--;
        for (int i = 0; status != NULL; i++)
            if (pids[i] == pid) {
                status[i] = WIFEXITED(wstatus) ? WEXITSTATUS(wstatus)
                                               : 128 + WTERMSIG(wstatus);
                break;
            }
    }
}

int family(int n, int (*work)(int index), int status[])
{
    pid_t group = 0, *pids;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    pids = calloc((size_t)n + 1, sizeof(*pids));
    if (!pids)
        return -1;
    for (int i = 0; i < n; i++) {
        pids[i] = fork();
        if (pids[i] == 0) {
            setpgid(0, group);
            _exit(work(i));
        }
        if (pids[i] == -1) {
            int why = errno;

            if (i > 0) {
                kill(-group, SIGKILL);
                reap_all(group, i, pids, NULL);
            }
            free(pids);
            errno = why;
            return -1;
        }
        if (i == 0)
            group = pids[0];
        setpgid(pids[i], group); /* whoever of the two comes first */
    }
    if (n > 0)
        reap_all(group, n, pids, status);
    free(pids);
    return 0;
}
