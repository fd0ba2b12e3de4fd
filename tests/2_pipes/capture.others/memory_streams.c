/*
 * Technique: blocking write ends of at most PIPE_BUF when poll says there
 *   is room; stdio collects with open_memstream
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
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
        signal(SIGPIPE, SIG_DFL);
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
    size_t len;
    FILE *stream;
};

static int listen_to(int fd, struct ear *e)
{
    char piece[16384];
    ssize_t n = read(fd, piece, sizeof(piece));

    if (n == -1)
        return errno == EINTR ? 1 : -1;
    if (n > 0 && fwrite(piece, 1, (size_t)n, e->stream) != (size_t)n)
        return -1;
    return n > 0;
}

/* POLLOUT of a pipe promises room for PIPE_BUF bytes: such a write does not
 * wait. */
static int feed(int fd, const char **in, size_t *len)
{
    ssize_t n = write(fd, *in, *len < PIPE_BUF ? *len : PIPE_BUF);

    if (n == -1)
        return errno == EINTR;
    *in += n;
    *len -= (size_t)n;
    return *len > 0;
}

static int talk(int end[3], const char *in, size_t len, struct ear ear[2])
{
    struct pollfd p[3] = {
        {end[0], POLLOUT, 0}, {end[1], POLLIN, 0}, {end[2], POLLIN, 0}};
    int open = 3;

    if (len == 0) {
        shut(&end[0]);
        p[0].fd = -1;
        open--;
    }
    while (open > 0) {
        if (ppoll(p, 3, NULL, NULL) == -1) {
            if (errno == EINTR)
                continue;
            return -1;
        }
        for (int i = 0; i < 3; i++) {
            int more = 1;
            if (p[i].fd >= 0 && p[i].revents)
                more = i == 0 ? feed(end[0], &in, &len)
                              : listen_to(end[i], &ear[i - 1]);
            if (more == -1)
                return -1;
            if (more == 0) {
                shut(&end[i]);
                p[i].fd = -1;
                open--;
            }
        }
    }
    return 0;
}

int capture(char *const argv[], const void *in, size_t in_len,
            struct captured *c)
{
    int end[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, rc = -1, wstatus = 0;
    struct ear ear[2] = {{0}};
    sigset_t pipe, old, pending;
    pid_t pid = -1;

    if (argv == NULL || argv[0] == NULL) {
        errno = EINVAL;
        return -1;
    }
    sigpending(&pending);
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &old);
    for (int i = 0; i < 2; i++)
        ear[i].stream = open_memstream(&ear[i].bytes, &ear[i].len);
    if (ear[0].stream && ear[1].stream && high_pipe(end[0]) == 0 &&
        high_pipe(end[1]) == 0 && high_pipe(end[2]) == 0)
        pid = start(argv, (int[]){end[0][0], end[1][1], end[2][1]}, &old);
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
    for (int i = 0; i < 2; i++)
        if (ear[i].stream)
            fclose(ear[i].stream);
    if (!sigismember(&pending, SIGPIPE))
        sigtimedwait(&pipe, NULL, &(struct timespec){0, 0});
    pthread_sigmask(SIG_SETMASK, &old, NULL);
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
