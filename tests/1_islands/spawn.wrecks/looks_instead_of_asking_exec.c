/*
 * Mistake: looks for the file beforehand; exec may still fail.
 * Caught by: says_why_it_cannot_be_started
 * Saying: exec failed in the child
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int find(const char *name, char path[PATH_MAX])
{
    char *list = strdup(getenv("PATH")), *rest = list;

    snprintf(path, PATH_MAX, "%s", name);
    while (list != NULL && strchr(name, '/') == NULL) {
        char *folder = strsep(&rest, ":");
        if (folder == NULL) {
            free(list);
            errno = ENOENT;
            return -1;
        }
        snprintf(path, PATH_MAX, "%s/%s", folder, name);
        if (access(path, X_OK) == 0)
            break;
    }
    free(list);
    return access(path, X_OK);
}

static void become(char *path, char *const argv[], const int stdio[3])
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
    execv(path, argv);
    _exit(127);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    char path[PATH_MAX];

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (fcntl(stdio[i], F_GETFD) == -1)
            return -1;
    if (find(argv[0], path) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        become(path, argv, stdio);
    return pid;
}
