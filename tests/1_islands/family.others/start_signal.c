/*
 * Technique: nobody begins before all are born: the children read from a
 * pipe, and its end is the sign. If a fork fails, a byte in the pipe sends
 * home those who are there already; nobody has to be killed.
 */
#include "family.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static _Noreturn void child(int i, int (*work)(int), const int pipe_end[2])
{
    char byte;
    ssize_t n;

    close(pipe_end[1]);
    do
        n = read(pipe_end[0], &byte, 1);
    while (n == -1 && errno == EINTR);
    close(pipe_end[0]);
    _exit(n == 0 ? work(i) : 1);
}

static int reap(pid_t pid)
{
    int wstatus = 0;

    while (waitpid(pid, &wstatus, 0) != pid && errno == EINTR)
        ;
    return WIFSIGNALED(wstatus) ? WTERMSIG(wstatus) | 128
                                : WEXITSTATUS(wstatus);
}

static int raise_family(int n, int (*work)(int), int status[], pid_t *pid)
{
    int go[2], i, error = 0;

    if (pipe2(go, O_CLOEXEC) == -1)
        return -1;
    for (i = 0; i < n; i++) {
        pid[i] = fork();
        if (pid[i] == 0)
            child(i, work, go);
        if (pid[i] == -1) {
            error = errno;
            break;
        }
    }
    for (int home = 0; error && home < i; home++)
        if (write(go[1], "x", 1) != 1)
            kill(pid[home], SIGKILL);
    close(go[1]);
    for (int j = 0; j < i; j++)
        status[j] = reap(pid[j]);
    close(go[0]);
    errno = error;
    return error ? -1 : 0;
}

int family(int n, int (*work)(int index), int status[])
{
    pid_t *pid;
    int result, error;

    if (n <= 0)
        return n == 0 ? 0 : (errno = EINVAL, -1);
    if ((pid = reallocarray(NULL, (size_t)n, sizeof(*pid))) == NULL)
        return -1;
    result = raise_family(n, work, status, pid);
    error = errno;
    free(pid);
    errno = error;
    return result;
}
