/*
 * Technique: at most 16 KiB in one call, ppoll to wait, and goto
 */
#include "full_io.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { CHUNK = 16384 };

static size_t chunk(size_t left)
{
    return left < CHUNK ? left : CHUNK;
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    struct pollfd p = {fd, POLLIN, 0};
    size_t got = 0;
    ssize_t r;

again:
    if (got == n)
        return (ssize_t)got;
    r = read(fd, (char *)buf + got, chunk(n - got));
    if (r > 0) {
        got += (size_t)r;
        goto again;
    }
    if (r == 0)
        return (ssize_t)got;
    if (errno == EINTR)
        goto again;
    if (errno == EAGAIN && (ppoll(&p, 1, NULL, NULL) > 0 || errno == EINTR))
        goto again;
    return got > 0 ? (ssize_t)got : -1;
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    struct pollfd p = {fd, POLLOUT, 0};
    size_t put = 0;
    ssize_t r;

again:
    if (put == n)
        return (ssize_t)put;
    r = write(fd, (const char *)buf + put, chunk(n - put));
    if (r >= 0) {
        put += (size_t)r;
        goto again;
    }
    if (errno == EINTR)
        goto again;
    if (errno == EAGAIN && (ppoll(&p, 1, NULL, NULL) > 0 || errno == EINTR))
        goto again;
    return -1;
}
