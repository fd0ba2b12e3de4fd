/*
 * Mistake: joins the arguments to a command line for sh.
 * Caught by: passes_on_every_argument
 * Saying: there is no shell in between
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int place(const int stdio[3])
{
    int copy[3];
    sigset_t none;

    for (int i = 0; i < 3; i++)
        if ((copy[i] = fcntl(stdio[i], F_DUPFD, 3)) == -1)
            return -1;
    for (int i = 0; i < 3; i++)
        if (dup2(copy[i], i) == -1)
            return -1;
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return close_range(3, ~0u, 0);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    char command[4096] = "exec";

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; argv[i] != NULL; i++) {
        strncat(command, " ", sizeof(command) - strlen(command) - 1);
        strncat(command, argv[i], sizeof(command) - strlen(command) - 1);
    }
    pid_t pid = fork();
    if (pid == 0) {
        if (place(stdio) == 0)
            execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    return pid;
}
