/*
 * Technique: posix_spawnp; the caller makes the copies
 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <unistd.h>

extern char **environ;

static void calm(posix_spawnattr_t *attr)
{
    sigset_t none, pipe;

    posix_spawnattr_init(attr);
    sigemptyset(&none);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawnattr_setsigmask(attr, &none);
    posix_spawnattr_setsigdefault(attr, &pipe);
    posix_spawnattr_setflags(attr,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
}

static int start(pid_t *pid, char *const argv[], const int high[3])
{
    posix_spawn_file_actions_t todo;
    posix_spawnattr_t attr;

    calm(&attr);
    posix_spawn_file_actions_init(&todo);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&todo, high[i], i);
    posix_spawn_file_actions_addclosefrom_np(&todo, 3);
    int error = posix_spawnp(pid, argv[0], &todo, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&todo);
    posix_spawnattr_destroy(&attr);
    return error;
}

pid_t spawn(char *const argv[], const int stdio[3])
{
    int high[3], n = 0, error = 0;
    pid_t pid;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    while (n < 3 && (high[n] = fcntl(stdio[n], F_DUPFD_CLOEXEC, 3)) != -1)
        n++;
    error = n == 3 ? start(&pid, argv, high) : errno;
    while (n > 0)
        close(high[--n]);
    if (error == 0)
        return pid;
    errno = error;
    return -1;
}
