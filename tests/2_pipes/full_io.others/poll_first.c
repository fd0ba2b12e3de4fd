/*
 * Technique: poll before every read and write, on whatever it is
 */
#include "full_io.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

static void wait_for(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    while (poll(&p, 1, -1) == -1 && errno == EINTR)
        ;
}

static int transient(void)
{
    return errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK;
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    char *p = buf, *end = p + n;

    while (p < end) {
        wait_for(fd, POLLIN | POLLPRI);
        ssize_t r = read(fd, p, (size_t)(end - p));
        if (r > 0)
            p += r;
        if (r == 0 || (r == -1 && !transient() && p > (char *)buf))
            break;
        if (r == -1 && !transient())
            return -1;
    }
    return p - (char *)buf;
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    const char *p = buf, *end = p + n;

    while (p < end) {
        wait_for(fd, POLLOUT);
        ssize_t r = write(fd, p, (size_t)(end - p));
        if (r == -1 && !transient())
            return -1;
        p += r > 0 ? r : 0;
    }
    return (ssize_t)n;
}
