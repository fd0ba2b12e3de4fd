/*
 * pipeline.c — every stage by posix_spawnp, which reports exec's errno itself.
 *
 * Technique: posix_spawnp with file actions and a default SIGPIPE
 */
#include "pipeline.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* File actions are done in order: from 3 upwards none covers another. */
static int lift(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3), error = errno;

    close(fd);
    errno = error;
    return copy;
}

static int lifted_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) == -1)
        return -1;
    ends[0] = lift(ends[0]);
    int error = errno;
    ends[1] = lift(ends[1]);
    if (ends[0] != -1 && ends[1] != -1)
        return 0;
    if (ends[0] != -1)
        error = errno;
    for (int i = 0; i < 2; i++)
        if (ends[i] != -1)
            close(ends[i]);
    errno = error;
    return -1;
}

static int spawn_stage(pid_t *pid, char *const argv[], int from, int to)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t calmed;

    if (argv[0] == NULL)
        return EINVAL;
    sigemptyset(&calmed);
    sigaddset(&calmed, SIGPIPE);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setsigdefault(&attr, &calmed);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
    posix_spawn_file_actions_init(&actions);
    int error = posix_spawn_file_actions_adddup2(&actions, from, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, to, 1);
    if (error == 0)
        error = posix_spawnp(pid, argv[0], &actions, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    return error;
}

static int reap(pid_t pid)
{
    int wstatus = 0;
    pid_t got;

    do
        got = waitpid(pid, &wstatus, 0);
    while (got == -1 && errno == EINTR);
    if (WIFEXITED(wstatus))
        return WEXITSTATUS(wstatus);
    return 128 + WTERMSIG(wstatus);
}

/* Takes from and last over, and closes them. */
static int spawn_all(pid_t pid[], int *started, char *const *const argv[],
                     int n, int from, int last)
{
    int error = 0;

    while (error == 0 && *started < n - 1) {
        int ends[2];
        if (lifted_pipe(ends) == -1) {
            error = errno;
            break;
        }
        error = spawn_stage(&pid[*started], argv[*started], from, ends[1]);
        close(from);
        close(ends[1]);
        from = ends[0];
        *started += error == 0;
    }
    if (error == 0) {
        error = spawn_stage(&pid[*started], argv[*started], from, last);
        *started += error == 0;
    }
    close(from);
    close(last);
    return error;
}

int pipeline(char *const *const argv[], int n, int in, int out, int status[])
{
    int started = 0, error;

    if (n <= 0) {
        errno = EINVAL;
        return -1;
    }
    pid_t *pid = malloc(sizeof(pid_t) * (size_t)n);
    if (pid == NULL)
        return -1;
    int from = fcntl(in, F_DUPFD_CLOEXEC, 3);
    int last = from == -1 ? -1 : fcntl(out, F_DUPFD_CLOEXEC, 3);
    if (last == -1) {
        error = errno;
        if (from != -1)
            close(from);
    } else {
        error = spawn_all(pid, &started, argv, n, from, last);
    }
    for (int i = 0; i < started; i++) {
        if (error != 0)
            kill(pid[i], SIGKILL);
        int how = reap(pid[i]);
        if (error == 0)
            status[i] = how;
    }
    free(pid);
    if (error == 0)
        return 0;
    errno = error;
    return -1;
}
