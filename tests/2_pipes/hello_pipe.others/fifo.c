/*
 * Technique: a FIFO in a private folder; the names are gone before anything
 *   is said
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Both ends of a FIFO that has no name any more; or -1. */
static int nameless_fifo(int way[2])
{
    char folder[] = "/tmp/hello-XXXXXX", path[64];
    int error;

    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof(path), "%s/pipe", folder);
    way[0] = way[1] = -1;
    if (mkfifo(path, 0600) == 0) {
        way[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
        if (way[0] != -1)
            way[1] = open(path, O_WRONLY | O_CLOEXEC);
        error = errno;
        unlink(path);
        errno = error;
    }
    error = errno;
    rmdir(folder);
    if (way[1] != -1) {
        fcntl(way[0], F_SETFL, 0);
        return 0;
    }
    if (way[0] != -1)
        close(way[0]);
    errno = error;
    return -1;
}

static int put(int fd, const char *s, size_t n)
{
    while (n > 0) {
        ssize_t w = write(fd, s, n);
        if (w == -1 && errno != EINTR)
            return -1;
        if (w > 0)
            s += w, n -= (size_t)w;
    }
    return 0;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], status, error;
    size_t have = 0;
    ssize_t got;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (nameless_fifo(way) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(way[0]);
        for (int i = 0; i < n; i++)
            if (put(way[1], words[i], strlen(words[i])) || put(way[1], "\n", 1))
                _exit(1);
        _exit(0);
    }
    error = errno;
    close(way[1]);
    if (pid == -1) {
        close(way[0]);
        errno = error;
        return -1;
    }
    error = 0;
    for (;;) {
        char piece[4096];
        got = read(way[0], piece, sizeof(piece));
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            error = errno;
        if (got <= 0)
            break;
        if ((size_t)got > cap - have) {
            error = EMSGSIZE;
            break;
        }
        memcpy(buf + have, piece, (size_t)got);
        have += (size_t)got;
    }
    close(way[0]);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (error == 0 && status != 0)
        error = EIO;
    errno = error;
    return error ? -1 : (ssize_t)have;
}
