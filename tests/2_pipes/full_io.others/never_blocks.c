/*
 * Technique: everything is made non-blocking, waits are in poll only, and the
 * flags are given back; sockets get recv, which knows MSG_DONTWAIT
 */
#include "full_io.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

struct way {
    int fd, flags;
};

static struct way enter(int fd)
{
    struct way w = {fd, fcntl(fd, F_GETFL)};

    if (w.flags != -1)
        fcntl(fd, F_SETFL, w.flags | O_NONBLOCK);
    return w;
}

static ssize_t left(struct way w, ssize_t result)
{
    int error = errno;

    if (w.flags != -1)
        fcntl(w.fd, F_SETFL, w.flags);
    errno = error;
    return result;
}

static bool waited(int fd, short event)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
        struct pollfd p = {fd, event, 0};
        int rc = poll(&p, 1, -1);
        return rc >= 0 || errno == EINTR;
    }
    return errno == EINTR;
}

static ssize_t get(int fd, void *buf, size_t n)
{
    ssize_t r = recv(fd, buf, n, MSG_DONTWAIT);

    return r == -1 && errno == ENOTSOCK ? read(fd, buf, n) : r;
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    struct way w = enter(fd);
    size_t i = 0;

    while (i < n) {
        ssize_t r = get(fd, (char *)buf + i, n - i);
        if (r == 0 || (r == -1 && !waited(fd, POLLIN)))
            return left(w, r == 0 || i > 0 ? (ssize_t)i : -1);
        i += r > 0 ? (size_t)r : 0;
    }
    return left(w, (ssize_t)i);
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    struct way w = enter(fd);
    size_t i = 0;

    while (i < n) {
        ssize_t r = write(fd, (const char *)buf + i, n - i);
        if (r == -1 && !waited(fd, POLLOUT))
            return left(w, -1);
        i += r > 0 ? (size_t)r : 0;
    }
    return left(w, (ssize_t)i);
}
