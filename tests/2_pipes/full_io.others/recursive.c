/*
 * Technique: one read or write, then the same function for the rest
 */
#include "full_io.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

static bool not_now(int fd, short event)
{
    if (errno == EAGAIN)
        poll(&(struct pollfd){fd, event, 0}, 1, -1);
    else if (errno != EINTR)
        return false;
    return true;
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    ssize_t first, rest;

    if (n == 0)
        return 0;
    do
        first = read(fd, buf, n);
    while (first == -1 && not_now(fd, POLLIN));
    if (first <= 0 || (size_t)first == n)
        return first;
    rest = read_full(fd, (char *)buf + first, n - (size_t)first);
    return rest == -1 ? first : first + rest;
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    ssize_t first, rest;

    if (n == 0)
        return 0;
    do
        first = write(fd, buf, n);
    while (first == -1 && not_now(fd, POLLOUT));
    if (first == -1 || (size_t)first == n)
        return first;
    rest = write_full(fd, (const char *)buf + first, n - (size_t)first);
    return rest == -1 ? -1 : first + rest;
}
