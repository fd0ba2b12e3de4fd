/*
 * Technique: the input goes through a socket pair, and MSG_NOSIGNAL says
 *   that no SIGPIPE is wanted
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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

/* A close-on-exec pipe with both ends at 3 or above. */
static int high_pipe(int end[2])
{
    int low[2];

    end[0] = end[1] = -1;
    if (pipe2(low, O_CLOEXEC) == -1)
        return -1;
    for (int i = 0; i < 2; i++)
        end[i] = fcntl(low[i], F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(low[0]);
    close(low[1]);
    errno = error;
    if (end[0] != -1 && end[1] != -1)
        return 0;
    shut(&end[0]);
    shut(&end[1]);
    errno = error;
    return -1;
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

static int high_sockets(int end[2])
{
    int low[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, low) == -1)
        return -1;
    end[0] = fcntl(low[0], F_DUPFD_CLOEXEC, 3);
    end[1] = fcntl(low[1], F_DUPFD_CLOEXEC, 3);
    int error = errno;
    close(low[0]);
    close(low[1]);
    errno = error;
    return end[0] == -1 || end[1] == -1 ? -1 : 0;
}

struct ear {
    char *bytes;
    size_t len, room;
};

/* Half as much again. */
static int listen_to(int fd, struct ear *e)
{
    if (e->len == e->room) {
        size_t room = e->room + e->room / 2 + 4096;
        char *bytes = reallocarray(e->bytes, room, 1);
        if (bytes == NULL)
            return -1;
        e->bytes = bytes;
        e->room = room;
    }
    ssize_t n = recv(fd, e->bytes + e->len, e->room - e->len, MSG_DONTWAIT);
    if (n == -1 && errno == ENOTSOCK)
        n = read(fd, e->bytes + e->len, e->room - e->len);
    if (n == -1)
        return errno == EINTR || errno == EAGAIN ? 1 : -1;
    e->len += (size_t)n;
    return n > 0;
}

static int talk(int end[3], const char *in, size_t len, struct ear ear[2])
{
    if (len == 0)
        shut(&end[0]);
    while (end[0] >= 0 || end[1] >= 0 || end[2] >= 0) {
        struct pollfd p[3] = {
            {end[0], POLLOUT, 0}, {end[1], POLLIN, 0}, {end[2], POLLIN, 0}};
        if (poll(p, 3, -1) == -1 && errno != EINTR)
            return -1;
        if (p[0].revents) {
            ssize_t n = send(end[0], in, len, MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n >= 0) {
                in += n;
                len -= (size_t)n;
            }
            if (len == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
                shut(&end[0]);
        }
        for (int i = 1; i < 3; i++) {
            int more = p[i].revents ? listen_to(end[i], &ear[i - 1]) : 1;
            if (more == -1)
                return -1;
            if (more == 0)
                shut(&end[i]);
        }
    }
    return 0;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    int end[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = -1, wstatus = 0;
    struct ear ear[2] = {{0}};
    pid_t pid = -1;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    if (high_sockets(end[0]) == 0 && high_pipe(end[1]) == 0 &&
        high_pipe(end[2]) == 0)
        pid = start(argv, (int[]){end[0][0], end[1][1], end[2][1]}, NULL);
    if (pid != -1) {
        int mine[3] = {end[0][1], end[1][0], end[2][0]};
        shut(&end[0][0]);
        shut(&end[1][1]);
        shut(&end[2][1]);
        rc = talk(mine, in, in_len, ear);
        int error = errno;
        if (rc == -1)
            kill(pid, SIGKILL);
        for (int i = 0; i < 3; i++)
            shut(&mine[i]);
        end[0][1] = end[1][0] = end[2][0] = -1;
        reap(pid, &wstatus);
        errno = error;
    }
    int error = errno;
    for (int i = 0; i < 6; i++)
        shut(&end[i / 2][i % 2]);
    if (rc == 0)
        *c = (struct captured){ear[0].bytes, ear[1].bytes, ear[0].len,
                               ear[1].len, wstatus};
    for (int i = 0; rc == -1 && i < 2; i++)
        free(ear[i].bytes);
    errno = error;
    return rc;
}

void captured_free(struct captured *c)
{
    free(c->out);
    free(c->err);
}
