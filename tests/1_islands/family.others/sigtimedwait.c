/*
 * Technique: SIGCHLD is blocked and waited for; after each, every child is
 * asked with WNOHANG, since signals that come at once are one.
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int ask_everybody(pid_t pid[], int n, int status[])
{
    int ended = 0, wstatus;

    for (int i = 0; i < n; i++) {
        if (pid[i] == 0 || waitpid(pid[i], &wstatus, WNOHANG) != pid[i])
            continue;
        pid[i] = 0;
        status[i] = WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus)
                                         : WEXITSTATUS(wstatus);
        ended++;
    }
    return ended;
}

static void undo(const pid_t pid[], int n)
{
    for (int i = 0; i < n; i++) {
        kill(pid[i], SIGKILL);
        while (waitpid(pid[i], NULL, 0) == -1 && errno == EINTR)
            ;
    }
}

static int run(pid_t pid[], int n, int (*work)(int index), int status[],
               const sigset_t *chld, const sigset_t *before)
{
    int left = n;

    for (int i = 0; i < n; i++) {
        if ((pid[i] = fork()) == 0) {
            sigprocmask(SIG_SETMASK, before, NULL);
            _exit(work(i));
        }
        if (pid[i] < 0) {
            int error = errno;

            undo(pid, i);
            errno = error;
            return -1;
        }
    }
    while ((left -= ask_everybody(pid, n, status)) > 0)
        sigtimedwait(chld, NULL, NULL); /* ended, or EINTR: ask again */
    return 0;
}

int family(int n, int (*work)(int index), int status[])
{
    sigset_t chld, before;
    pid_t *pid;
    int result, error;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    pid = calloc((size_t)n + 1, sizeof(*pid));
    if (pid == NULL)
        return -1;
    sigemptyset(&chld);
    sigaddset(&chld, SIGCHLD);
    sigprocmask(SIG_BLOCK, &chld, &before);
    result = run(pid, n, work, status, &chld, &before);
    error = errno;
    sigprocmask(SIG_SETMASK, &before, NULL);
    free(pid);
    errno = error;
    return result;
}
