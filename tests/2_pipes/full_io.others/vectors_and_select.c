/*
 * Technique: readv and writev, and select to wait
 */
#include "full_io.h"

#include <errno.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/uio.h>

static int wait_with_select(int fd, int to_write)
{
    fd_set set;
    int rc;

    do {
        FD_ZERO(&set);
        FD_SET(fd, &set);
        rc = to_write ? select(fd + 1, NULL, &set, NULL, NULL)
                      : select(fd + 1, &set, NULL, NULL, NULL);
    } while (rc == -1 && errno == EINTR);
    return rc;
}

static ssize_t move(int fd, struct iovec *v, int to_write)
{
    for (;;) {
        ssize_t r = to_write ? writev(fd, v, 1) : readv(fd, v, 1);
        if (r != -1 || (errno != EINTR && errno != EAGAIN))
            return r;
        if (errno == EAGAIN && wait_with_select(fd, to_write) == -1)
            return -1;
    }
}

static ssize_t move_all(int fd, void *buf, size_t n, int to_write)
{
    struct iovec v = {buf, n};

    while (v.iov_len > 0) {
        ssize_t r = move(fd, &v, to_write);
        if (r == -1 && (to_write || v.iov_len == n))
            return -1;
        if (r <= 0)
            break;
        v.iov_base = (char *)v.iov_base + r;
        v.iov_len -= (size_t)r;
    }
    return (ssize_t)(n - v.iov_len);
}

ssize_t read_full(int fd, void *buf, size_t n)
{
    return move_all(fd, buf, n, 0);
}

ssize_t write_full(int fd, const void *buf, size_t n)
{
    return move_all(fd, (void *)(__UINTPTR_TYPE__)buf, n, 1);
}
