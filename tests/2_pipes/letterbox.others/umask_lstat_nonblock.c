/*
 * Technique: umask and lstat; the box non-blocking: read first, poll when
 *   EAGAIN; post polls for POLLOUT
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

static int refuse(int fd, int error)
{
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

int letterbox_open(const char *path)
{
    struct stat st;
    mode_t mask = umask(0177);
    int made = mkfifo(path, 0600);
    int error = errno;

    umask(mask);
    if (made < 0 && error != EEXIST)
        return refuse(-1, error);
    if (made < 0) {
        if (lstat(path, &st) < 0)
            return -1;
        if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid())
            return refuse(-1, EEXIST);
    }
    int fd = open(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        error = errno;
        if (made == 0)
            unlink(path);
        return refuse(-1, error);
    }
    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077) != 0)
        return refuse(fd, EEXIST);
    return fd;
}

/* Non-blocking all the time: EAGAIN has sent nothing, so poll and try again. */
static int send_line(int fd, const char *text, size_t size)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};

    while (write(fd, text, size) < 0) {
        if (errno == EAGAIN) {
            /* There may be a little room, yet not enough. */
            if (poll(&p, 1, -1) < 0 && errno != EINTR)
                return -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 0;
}

int letterbox_post(const char *path, const char *line)
{
    size_t size = strlen(line);
    char text[PIPE_BUF + 1];
    struct stat st;

    if (size >= PIPE_BUF)
        return refuse(-1, EMSGSIZE);
    snprintf(text, sizeof(text), "%s\n", line);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
        return refuse(fd, EINVAL);
    if (send_line(fd, text, size + 1) < 0)
        return refuse(fd, errno);
    close(fd);
    return 0;
}

static long ms_until(const struct timespec *end)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    long ms = (end->tv_sec - now.tv_sec) * 1000 +
              (end->tv_nsec - now.tv_nsec + 999999) / 1000000;
    return ms > 0 ? ms : 0;
}

ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    struct timespec end;
    size_t size = 0;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    for (;;) {
        char c;
        ssize_t n = read(box, &c, 1);
        if (n == 1 && c == '\n')
            break;
        if (n == 1) {
            if (size < cap)
                line[size] = c;
            size++;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = box, .events = POLLIN};
            long left = timeout_ms < 0 ? -1 : ms_until(&end);
            int ready = poll(&p, 1, (int)left);
            if (ready == 0 && left == 0)
                return refuse(-1, ETIMEDOUT);
            if (ready < 0 && errno != EINTR)
                return -1;
        } else if (n < 0 && errno != EINTR) {
            return -1;
        }
    }
    if (size >= cap)
        return refuse(-1, EMSGSIZE);
    line[size] = '\0';
    return (ssize_t)size;
}
