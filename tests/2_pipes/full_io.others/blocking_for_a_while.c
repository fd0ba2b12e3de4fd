/*
 * Technique: O_NONBLOCK is taken off for the time of the call, and put back
 */
#include "full_io.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static int flags_off(int fd)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags != -1 && flags & O_NONBLOCK)
        fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
    return flags;
}

static void flags_back(int fd, int flags)
{
    int error = errno;

    if (flags != -1 && flags & O_NONBLOCK)
        fcntl(fd, F_SETFL, flags);
    errno = error;
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    int flags = flags_off(fd);
    size_t left = n;
    ssize_t r = 1;

    while (left > 0 && r != 0) {
        r = read(fd, buf, left);
        if (r == -1 && errno != EINTR)
            break;
        if (r > 0) {
            buf = (char *)buf + r;
            left -= (size_t)r;
        }
    }
    flags_back(fd, flags);
    return r == -1 && left == n && n > 0 ? -1 : (ssize_t)(n - left);
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    int flags = flags_off(fd);
    size_t left = n;

    while (left > 0) {
        ssize_t r = write(fd, buf, left);
        if (r == -1 && errno != EINTR)
            break;
        if (r > 0) {
            buf = (const char *)buf + r;
            left -= (size_t)r;
        }
    }
    flags_back(fd, flags);
    return left > 0 ? -1 : (ssize_t)n;
}
