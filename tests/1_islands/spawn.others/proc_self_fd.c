/*
 * Technique: a socket pair; /proc/self/fd says what to close
 */
#include "spawn.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void calm_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_others(int keep)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL) {
        int fd = atoi(entry->d_name);
        if (fd > 2 && fd != keep && fd != dirfd(dir))
            close(fd);
    }
    closedir(dir);
}

static int exchange(const int stdio[3])
{
    int from[3];

    for (int i = 0; i < 3; i++) {
        from[i] = stdio[i];
        if (from[i] < 3 && (from[i] = fcntl(stdio[i], F_DUPFD, 3)) == -1)
            return -1;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) != i)
            return -1;
    return 0;
}

static _Noreturn void child(char *const argv[], const int stdio[3], int line)
{
    int up = fcntl(line, F_DUPFD_CLOEXEC, 3);

    if (up != -1 && exchange(stdio) == 0) {
        close_others(up);
        calm_signals();
        execvp(argv[0], argv);
    }
    int error = errno;
    send(up == -1 ? line : up, &error, sizeof(error), MSG_NOSIGNAL);
    _exit(127);
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    int line[2], error = 0;
    ssize_t n;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (fcntl(stdio[i], F_GETFD) < 0)
            return -1;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, line) < 0)
        return -1;
    pid_t pid = fork();
    if (pid == 0)
        child(argv, stdio, line[1]);
    if (pid < 0)
        error = errno;
    close(line[1]);
    do
        n = pid < 0 ? 0 : recv(line[0], &error, sizeof(error), 0);
    while (n < 0 && errno == EINTR);
    close(line[0]);
    if (error == 0)
        return pid;
    siginfo_t info;
    while (pid > 0 && waitid(P_PID, (id_t)pid, &info, WEXITED) < 0 &&
           errno == EINTR)
        ;
    errno = error;
    return -1;
}
