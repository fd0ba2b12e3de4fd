/*
 * Mistake: ignores SIGPIPE before the fork, and the program inherits that.
 * Caught by: starts_it_with_sigpipe_as_usual
 * Saying: capture does about SIGPIPE
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

/* Starts argv with the three descriptors; exec's errno comes home through a
 * pipe that exec closes. */
static pid_t start(char *const argv[], const int fd[3], const sigset_t *mask)
{
    int news[2], error = 0;

    if (high_pipe(news) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < 3; i++)
            if (dup2(fd[i], i) == -1)
                _exit(127);
        if (mask != NULL)
            sigprocmask(SIG_SETMASK, mask, NULL);
        execvp(argv[0], argv);
        error = errno;
        while (write(news[1], &error, sizeof(error)) == -1 && errno == EINTR)
            ;
        _exit(127);
    }
    if (pid == -1)
        error = errno;
    close(news[1]);
    while (pid != -1 && read(news[0], &error, sizeof(error)) == -1 &&
           errno == EINTR)
        ;
    close(news[0]);
    if (pid != -1 && error != 0)
        reap(pid, NULL);
    errno = error;
    return error == 0 ? pid : -1;
}

struct ear {
    char *bytes;
    size_t len, room;
};

static int listen_to(int fd, struct ear *e)
{
    if (e->len == e->room) {
        size_t room = e->room ? 2 * e->room : 4096;
        char *bytes = realloc(e->bytes, room);
        if (bytes == NULL)
            return -1;
        e->bytes = bytes;
        e->room = room;
    }
    ssize_t n = read(fd, e->bytes + e->len, e->room - e->len);
    if (n == -1)
        return errno == EINTR ? 1 : -1;
    e->len += (size_t)n;
    return n > 0;
}

static int feed(int fd, const char **in, size_t *len)
{
    ssize_t n = write(fd, *in, *len);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR;
    *in += n;
    *len -= (size_t)n;
    return *len > 0;
}

static int talk(int end[3], const char *in, size_t len, struct ear ear[2])
{
    fcntl(end[0], F_SETFL, O_NONBLOCK);
    if (len == 0)
        shut(&end[0]);
    while (end[0] >= 0 || end[1] >= 0 || end[2] >= 0) {
        struct pollfd p[3] = {
            {end[0], POLLOUT, 0}, {end[1], POLLIN, 0}, {end[2], POLLIN, 0}};
        if (poll(p, 3, -1) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        for (int i = 0; i < 3; i++) {
            int more = !p[i].revents ? 1
                       : i == 0      ? feed(end[0], &in, &len)
                                     : listen_to(end[i], &ear[i - 1]);
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
    struct sigaction ignore = {.sa_handler = SIG_IGN}, old;
    struct ear ear[2] = {{0}};
    pid_t pid = -1;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    sigaction(SIGPIPE, &ignore, &old);
    if (high_pipe(end[0]) == 0 && high_pipe(end[1]) == 0 &&
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
    sigaction(SIGPIPE, &old, NULL);
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
