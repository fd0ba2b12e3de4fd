/*
 * Technique: the box is O_RDONLY; while it waits, letterbox_next opens a
 *   write end of its own through /proc
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
    fd = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
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
    char *text = NULL;
    int rc = -1, error = EINVAL, flags;

    if (strlen(line) > PIPE_BUF - 1) {
        errno = EMSGSIZE;
        return -1;
    }
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW);
    if (fd == -1)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
        flags = fcntl(fd, F_GETFL);
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
        int size = asprintf(&text, "%s\n", line);
        do
            rc = size < 0 ? -1 : (int)write(fd, text, (size_t)size);
        while (rc == -1 && errno == EINTR);
        error = errno;
        free(text);
    }
    close(fd);
    errno = error;
    return rc < 0 ? -1 : 0;
}

/* As long as this is open, the box does not end. */
static int own_writer(int box)
{
    char path[40];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", box);
    return open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

static int wait_readable(int box, int timeout_ms)
{
    struct timespec now, end;
    fd_set set;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    for (;;) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long long us = (end.tv_sec - now.tv_sec) * 1000000LL +
                       (end.tv_nsec - now.tv_nsec) / 1000;
        us = us < 0 ? 0 : us;
        struct timeval tv = {us / 1000000, us % 1000000};
        FD_ZERO(&set);
        FD_SET(box, &set);
        int n = select(box + 1, &set, NULL, NULL, timeout_ms < 0 ? NULL : &tv);
        if (n == 1)
            return 0;
        if (n == 0 && us == 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        if (n == -1 && errno != EINTR)
            return -1;
    }
}

static ssize_t take(int box, char *line, size_t cap)
{
    size_t size = 0;
    char c = 0;

    while (c != '\n') {
        ssize_t n = read(box, &c, 1);
        if (n == 0)
            break;
        if (n == -1 && errno == EAGAIN && wait_readable(box, -1) == 0)
            continue;
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (c != '\n' && size++ + 1 < cap)
            line[size - 1] = c;
    }
    if (size + 1 > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    line[size] = 0;
    return (ssize_t)size;
}

ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    int writer = own_writer(box);
    ssize_t result = -1;

    if (writer == -1)
        return -1;
    if (wait_readable(box, timeout_ms) == 0)
        result = take(box, line, cap);
    int error = errno;
    close(writer);
    errno = error;
    return result;
}
