/*
 * Technique: fork; errno in a shared mapping, and a pipe that only ends
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void calm_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void child(char *const argv[], const int stdio[3], int *error)
{
    int copy[3];

    for (int i = 0; i < 3; i++)
        if ((copy[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3)) == -1)
            goto fail;
    for (int i = 0; i < 3; i++)
        if (dup2(copy[i], i) == -1)
            goto fail;
    if (close_range(3, ~0u, CLOSE_RANGE_CLOEXEC) == -1)
        goto fail;
    calm_signals();
    execvp(argv[0], argv);
fail:
    *error = errno;
    _exit(127);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    int end[2], first = 0;
    char byte;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (fcntl(stdio[i], F_GETFD) == -1)
            return -1;
    int *error = mmap(NULL, sizeof(*error), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (error == MAP_FAILED)
        return -1;
    if (pipe2(end, O_CLOEXEC) == -1) {
        first = errno;
        munmap(error, sizeof(*error));
        errno = first;
        return -1;
    }
    *error = 0;
    pid_t pid = fork();
    if (pid == 0) { /* ends the pipe by exec or by _exit, whichever comes */
        int up = fcntl(end[1], F_DUPFD_CLOEXEC, 3);
        *error = up == -1 ? errno : 0;
        if (up != -1)
            child(argv, stdio, error);
        _exit(127);
    }
    first = pid == -1 ? errno : 0;
    close(end[1]);
    while (pid != -1 && read(end[0], &byte, 1) == -1 && errno == EINTR)
        ;
    close(end[0]);
    if (*error != 0) {
        first = *error;
        while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
            ;
    }
    munmap(error, sizeof(*error));
    errno = first;
    return first == 0 ? pid : -1;
}
