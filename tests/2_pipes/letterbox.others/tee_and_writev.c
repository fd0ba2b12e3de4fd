/*
 * Technique: tee into a pipe to look where the line ends, then one read;
 *   writev to post
 */
#include "letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

int letterbox_open(const char *path)
{
    struct stat st;
    int fd = -1, error = EEXIST;

    if (lstat(path, &st) == -1) {
        mode_t own = umask(0);
        int rc = mknod(path, S_IFIFO | S_IRUSR | S_IWUSR, 0);
        error = errno;
        umask(own);
        if (rc == -1) {
            errno = error;
            return -1;
        }
        st.st_ino = 0; /* made here */
    } else if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid()) {
        errno = EEXIST;
        return -1;
    }
    fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1)
        error = errno;
    else if (fchmod(fd, 0600) == 0)
        return fd;
    else
        error = errno;
    if (fd != -1)
        close(fd);
    if (st.st_ino == 0)
        unlink(path);
    errno = error;
    return -1;
}

int letterbox_post(const char *path, const char *line)
{
    struct stat st;
    struct iovec v[2] = {{(char *)line, strlen(line)}, {"\n", 1}};
    int rc = -1, error, fd;

    if (v[0].iov_len + 1 > PIPE_BUF) {
        errno = EMSGSIZE;
        return -1;
    }
    if (stat(path, &st) == -1)
        return -1;
    if (!S_ISFIFO(st.st_mode)) {
        errno = EINVAL;
        return -1;
    }
    fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
        fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
        while ((rc = (int)writev(fd, v, 2)) == -1 && errno == EINTR)
            ;
        error = errno;
    } else {
        error = EINVAL;
    }
    close(fd);
    errno = error;
    return rc == -1 ? -1 : 0;
}

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* How long the first line in the box is, with its newline: a copy of what is
 * there is taken, and the box keeps it all. */
static ssize_t peek(int box)
{
    char text[PIPE_BUF];
    int copy[2], error;
    ssize_t n = -1, length = -1;

    if (pipe2(copy, O_CLOEXEC) == -1)
        return -1;
    do
        n = tee(box, copy[1], PIPE_BUF, SPLICE_F_NONBLOCK);
    while (n == -1 && errno == EINTR);
    error = errno;
    if (n > 0) {
        do
            n = read(copy[0], text, sizeof(text));
        while (n == -1 && errno == EINTR);
        error = errno;
        const char *end = n > 0 ? memchr(text, '\n', (size_t)n) : NULL;
        length = end ? end - text + 1 : n;
    }
    close(copy[0]);
    close(copy[1]);
    errno = error;
    return length;
}

static int sleep_until_ready(int box, int timeout_ms)
{
    struct pollfd p = {box, POLLIN, 0};
    long long end = now_us() + timeout_ms * 1000LL;

    for (;;) {
        long long left = (end - now_us() + 999) / 1000;
        int n = poll(&p, 1, timeout_ms < 0 ? -1 : left < 0 ? 0 : (int)left);
        if (n > 0)
            return 0;
        if (n == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (errno != EINTR)
            return -1;
    }
}

/* One read takes a line and no more; what tee saw in one piece is there. */
ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    char text[PIPE_BUF];
    size_t size = 0;
    bool whole = false;

    if (sleep_until_ready(box, timeout_ms) == -1)
        return -1;
    while (!whole) {
        ssize_t length = peek(box);
        if (length == -1)
            return -1;
        ssize_t n;
        do
            n = read(box, text, (size_t)length);
        while (n == -1 && errno == EINTR);
        if (n == -1)
            return -1;
        whole = n > 0 && text[n - 1] == '\n';
        size_t part = (size_t)n - whole;
        if (size + part < cap)
            memcpy(line + size, text, part);
        size += part;
    }
    if (size >= cap) {
        errno = EMSGSIZE;
        return -1;
    }
    line[size] = '\0';
    return (ssize_t)size;
}
