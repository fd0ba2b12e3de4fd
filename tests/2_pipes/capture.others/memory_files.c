/*
 * Technique: three files in memory instead of pipes: nobody waits for
 *   anybody, and nobody gets SIGPIPE
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void shut(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void reap(pid_t pid, int *wstatus)
{
    while (waitpid(pid, wstatus, 0) == -1 && errno == EINTR)
        ;
}

static pid_t start(char *const argv[], const int fd[3], const sigset_t *mask)
{
    posix_spawn_file_actions_t moves;
    posix_spawnattr_t how;
    sigset_t pipe;
    pid_t pid = -1;
    int error;

    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    posix_spawn_file_actions_init(&moves);
    posix_spawnattr_init(&how);
    for (int i = 0; i < 3; i++)
        posix_spawn_file_actions_adddup2(&moves, fd[i], i);
    posix_spawnattr_setsigdefault(&how, &pipe);
    if (mask != NULL)
        posix_spawnattr_setsigmask(&how, mask);
    posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF |
                                       (mask ? POSIX_SPAWN_SETSIGMASK : 0));
    error = posix_spawnp(&pid, argv[0], &moves, &how, argv, environ);
    posix_spawn_file_actions_destroy(&moves);
    posix_spawnattr_destroy(&how);
    errno = error;
    return error == 0 ? pid : -1;
}

static int high_file(const char *name)
{
    int low = memfd_create(name, MFD_CLOEXEC), high;

    if (low == -1)
        return -1;
    high = fcntl(low, F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(low);
    errno = error;
    return high;
}

static int store(int fd, const char *in, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, in, len);
        if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0) {
            in += n;
            len -= (size_t)n;
        }
    }
    return lseek(fd, 0, SEEK_SET) == -1 ? -1 : 0;
}

static char *load(int fd, size_t *len)
{
    struct stat st;
    size_t have = 0;

    if (fstat(fd, &st) == -1)
        return NULL;
    char *bytes = malloc((size_t)st.st_size + 1);
    while (bytes != NULL && have < (size_t)st.st_size) {
        ssize_t n =
            pread(fd, bytes + have, (size_t)st.st_size - have, (off_t)have);
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    *len = have;
    return bytes;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    int fd[3] = {-1, -1, -1}, rc = -1, wstatus;
    char *bytes[2] = {NULL, NULL};
    size_t len[2];
    pid_t pid = -1;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < 3; i++)
        if ((fd[i] = high_file("capture")) == -1)
            goto out;
    if (store(fd[0], in, in_len) == -1)
        goto out;
    pid = start(argv, fd, NULL);
    if (pid == -1)
        goto out;
    reap(pid, &wstatus);
    for (int i = 0; i < 2; i++)
        if ((bytes[i] = load(fd[i + 1], &len[i])) == NULL)
            goto out;
    *c = (struct captured){bytes[0], bytes[1], len[0], len[1], wstatus};
    rc = 0;
out:;
    int error = errno;
    for (int i = 0; i < 3; i++)
        shut(&fd[i]);
    for (int i = 0; rc == -1 && i < 2; i++)
        free(bytes[i]);
    errno = error;
    return rc;
}

void captured_free(struct captured *c)
{
    free(c->out);
    free(c->err);
}
