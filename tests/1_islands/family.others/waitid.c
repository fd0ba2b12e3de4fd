/*
 * Technique: waitid with P_PID, from the last child to the first.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int wait_for(pid_t pid)
{
    siginfo_t info = {0};
    int r;

    do
        r = waitid(P_PID, (id_t)pid, &info, WEXITED);
    while (r == -1 && errno == EINTR);
    switch (info.si_code) {
    case CLD_EXITED:
        return info.si_status & 0xff;
    case CLD_KILLED:
    case CLD_DUMPED:
        return 128 + info.si_status;
    default:
        return 0;
    }
}

int family(int n, int (*work)(int index), int status[])
{
    pid_t *pid = NULL;
    int made = 0, saved = 0;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (n > 0 && (pid = malloc(sizeof(*pid) * (size_t)n)) == NULL)
        return -1;
    while (made < n && saved == 0) {
        pid_t p = fork();

        switch (p) {
        case 0:
            _exit(work(made));
        case -1:
            saved = errno;
            break;
        default:
            pid[made++] = p;
        }
    }
    if (saved)
        for (int i = made; i-- > 0;)
            kill(pid[i], SIGKILL);
    for (int i = made; i-- > 0;)
        status[i] = wait_for(pid[i]);
    free(pid);
    if (saved) {
        errno = saved;
        return -1;
    }
    return 0;
}
