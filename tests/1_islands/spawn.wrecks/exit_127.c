/*
 * Mistake: tells the failure of exec only by the exit status 127.
 * Caught by: says_why_it_cannot_be_started
 * Saying: An exit status of 127 tells nothing
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

static void become(char *const argv[], const int stdio[3])
{
    int copy[3];
    sigset_t none;

    for (int i = 0; i < 3; i++)
        if ((copy[i] = fcntl(stdio[i], F_DUPFD, 3)) == -1)
            _exit(127);
    for (int i = 0; i < 3; i++)
        if (dup2(copy[i], i) == -1)
            _exit(127);
    close_range(3, ~0u, 0);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execvp(argv[0], argv);
    _exit(127);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (fcntl(stdio[i], F_GETFD) == -1)
            return -1;
    pid_t pid = fork();
    if (pid == 0)
        become(argv, stdio);
    return pid;
}
