/*
 * Technique: fork, a pipe, and execve on one folder of PATH after the other
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void calm_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Returns only when nothing on PATH could be executed, with errno. */
static void search(char *const argv[])
{
    const char *path = getenv("PATH");
    char file[PATH_MAX];
    int seen = ENOENT;

    if (strchr(argv[0], '/') != NULL) {
        execve(argv[0], argv, environ);
        return;
    }
    while (path != NULL) {
        const char *end = strchrnul(path, ':');
        snprintf(file, sizeof(file), "%.*s%s%s", (int)(end - path), path,
                 end > path ? "/" : "./", argv[0]);
        execve(file, argv, environ);
        if (errno == EACCES)
            seen = EACCES;
        else if (errno != ENOENT && errno != ENOTDIR)
            return;
        path = *end ? end + 1 : NULL;
    }
    errno = seen;
}

static void seal(void)
{
    long top = sysconf(_SC_OPEN_MAX);

    for (int fd = 3; fd < top; fd++)
        fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static int swap(const int stdio[3])
{
    int keep[3];

    for (int i = 2; i >= 0; i--)
        if ((keep[i] = fcntl(stdio[i], F_DUPFD_CLOEXEC, 3)) < 0)
            return -1;
    for (int i = 2; i >= 0; i--)
        if (dup3(keep[i], i, 0) < 0)
            return -1;
    return 0;
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    int news[2], why = 0;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (fcntl(stdio[i], F_GETFL) < 0)
            return -1;
    if (pipe2(news, O_CLOEXEC) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        int safe = fcntl(news[1], F_DUPFD_CLOEXEC, 3);
        if (safe >= 0 && swap(stdio) == 0) {
            seal();
            calm_signals();
            search(argv);
        }
        why = errno;
        (void)!write(safe < 0 ? news[1] : safe, &why, sizeof(why));
        _exit(EXIT_FAILURE);
    }
    if (pid < 0)
        why = errno;
    close(news[1]);
    while (pid > 0 && read(news[0], &why, sizeof(why)) < 0 && errno == EINTR)
        ;
    close(news[0]);
    if (why == 0)
        return pid;
    while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    errno = why;
    return -1;
}
