/*
 * Technique: posix_spawnp; file actions make the copies too
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

pid_t spawn(char *const argv[], const int stdio[3])
{
    posix_spawn_file_actions_t todo;
    posix_spawnattr_t attr;
    pid_t pid;
    int free_one = 3;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if (stdio[i] >= free_one)
            free_one = stdio[i] + 1;
    calm(&attr);
    posix_spawn_file_actions_init(&todo);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&todo, stdio[i], free_one + i);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&todo, free_one + i, i);
    posix_spawn_file_actions_addclosefrom_np(&todo, 3);
    int error = posix_spawnp(&pid, argv[0], &todo, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&todo);
    posix_spawnattr_destroy(&attr);
    if (error == 0)
        return pid;
    errno = error;
    return -1;
}
