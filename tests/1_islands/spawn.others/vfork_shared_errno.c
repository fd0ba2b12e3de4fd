/*
 * Technique: vfork: the child writes errno into the caller's own memory
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void calm_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static int in_place(const int stdio[3])
{
    int high[3];

    for (int i = 0; i < 3; i++)
        if ((high[i] = fcntl(stdio[i], F_DUPFD, 3)) == -1)
            return -1;
    for (int i = 0; i < 3; i++)
        if (dup2(high[i], i) == -1)
            return -1;
    return close_range(3, ~0u, 0);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    volatile int error = 0;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = vfork();
    if (pid == 0) {
        if (in_place(stdio) == 0) {
            calm_signals();
            execvp(argv[0], argv);
        }
        error = errno;
        _exit(127);
    }
    if (pid != -1 && error != 0) {
        while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
            ;
        errno = error;
        return -1;
    }
    return pid;
}
