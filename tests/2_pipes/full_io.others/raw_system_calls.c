/*
 * Technique: syscall, with the error number as its own value
 */
#include "full_io.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

static long moved(long number, int fd, const char *p, size_t n)
{
    short event = number == SYS_read ? POLLIN : POLLOUT;

    for (;;) {
        long r = syscall(number, fd, p, n);
        if (r >= 0)
            return r;
        if (errno != EINTR && errno != EAGAIN)
            return -errno;
        if (errno == EAGAIN)
            poll(&(struct pollfd){.fd = fd, .events = event}, 1, -1);
    }
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    size_t i = 0;
    long r = 1;

    for (; i < n && r > 0; i += r > 0 ? (size_t)r : 0)
        r = moved(SYS_read, fd, (char *)buf + i, n - i);
    if (r >= 0 || i > 0)
        return (ssize_t)i;
    errno = (int)-r;
    return -1;
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    for (size_t i = 0; i < n;) {
        long r = moved(SYS_write, fd, (const char *)buf + i, n - i);
        if (r < 0) {
            errno = (int)-r;
            return -1;
        }
        i += (size_t)r;
    }
    return (ssize_t)n;
}
