/*
 * Mistake: adds its dup2s to posix_spawn in order; one covers another.
 * Caught by: connects_them_in_any_order
 * Saying: make copies from 3 upwards
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

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    calm(&attr);
    posix_spawn_file_actions_init(&todo);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&todo, stdio[i], i);
    posix_spawn_file_actions_addclosefrom_np(&todo, 3);
    errno = posix_spawnp(&pid, argv[0], &todo, &attr, argv, environ);
    posix_spawn_file_actions_destroy(&todo);
    posix_spawnattr_destroy(&attr);
    return errno == 0 ? pid : -1;
}
