#include "full_io.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

/* Sleep until the descriptor is ready; POLLHUP and POLLERR are answers, too:
 * the next read or write tells what they mean. */
static bool until_ready(int fd, short event)
{
    struct pollfd wanted = {.fd = fd, .events = event};

    return poll(&wanted, 1, -1) != -1 || errno == EINTR;
}

/* After -1: is it worth another try? */
static bool again(int fd, short event)
{
    if (errno == EINTR)
        return true;
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return until_ready(fd, event);
    return false;
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    char *bytes = buf;
    size_t done = 0;

    while (done < n) {
        ssize_t got = read(fd, bytes + done, n - done);
        if (got == 0)
            break;
        if (got > 0)
            done += (size_t)got;
        else if (!again(fd, POLLIN))
            return done > 0 ? (ssize_t)done : -1;
    }
    return (ssize_t)done;
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    const char *bytes = buf;
    size_t done = 0;

    while (done < n) {
        ssize_t put = write(fd, bytes + done, n - done);
        if (put >= 0)
            done += (size_t)put;
        else if (!again(fd, POLLOUT))
            return -1;
    }
    return (ssize_t)done;
}

/*
 * The trap: -1 is not the end of the call, and not the end of what is in buf.
 * EINTR and EAGAIN mean "not now"; any other error after k bytes must not
 * take these bytes along: return k, and the next call meets the error again.
 */
