/*
 * Technique: epoll, made when it is needed; a part that was written before an
 * error is told, the error with the next call
 */
#include "full_io.h"

#include <errno.h>
#include <sys/epoll.h>
#include <unistd.h>

static int sleep_until(int fd, unsigned events)
{
    struct epoll_event event = {.events = events}, got;
    int rc, watch = epoll_create1(EPOLL_CLOEXEC);

    if (watch == -1)
        return -1;
    rc = epoll_ctl(watch, EPOLL_CTL_ADD, fd, &event);
    while (rc != -1 && (rc = epoll_wait(watch, &got, 1, -1)) == -1 &&
           errno == EINTR)
        rc = 0;
    close(watch);
    return rc;
}

static ssize_t pause_or_fail(int fd, unsigned events)
{
    switch (errno) {
    case EINTR:
        return 0;
    case EAGAIN:
        return sleep_until(fd, events) == -1 ? -1 : 0;
    default:
        return -1;
    }
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    size_t i = 0;
    ssize_t r;

    while (i < n && (r = read(fd, (char *)buf + i, n - i)) != 0) {
        if (r == -1 && pause_or_fail(fd, EPOLLIN) == -1)
            return i ? (ssize_t)i : -1;
        i += r > 0 ? (size_t)r : 0;
    }
    return (ssize_t)i;
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    size_t i = 0;
    ssize_t r;

    for (; i<n; i += r> 0 ? (size_t)r : 0) {
        r = write(fd, (const char *)buf + i, n - i);
        if (r == -1 && pause_or_fail(fd, EPOLLOUT) == -1)
            return i ? (ssize_t)i : -1;
    }
    return (ssize_t)i;
}
