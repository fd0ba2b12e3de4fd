/*
 * Technique: poll before every read and write
 */
#include "frame.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

static void ready(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};

    while (poll(&p, 1, -1) == -1 && errno == EINTR)
        ;
}

int frame_send(int fd, const void *msg, size_t len)
{
    if (len > 0x7fffffffu) {
        errno = EMSGSIZE;
        return -1;
    }
    unsigned char head[4];
    for (int i = 0; i < 4; i++)
        head[i] = (unsigned char)(len >> (8 * (3 - i)));
    struct iovec v[2] = {{head, 4}, {(void *)(uintptr_t)msg, len}}, *p = v;

    while (p < v + 2) {
        if (p->iov_len == 0) {
            p++;
            continue;
        }
        ready(fd, POLLOUT);
        ssize_t n = writev(fd, p, (int)(v + 2 - p));
        if (n == -1 && errno != EINTR)
            return -1;
        for (; n > 0; n--) {
            while (p->iov_len == 0)
                p++;
            size_t k = (size_t)n < p->iov_len ? (size_t)n : p->iov_len;
            p->iov_base = (char *)p->iov_base + k;
            p->iov_len -= k;
            n -= (ssize_t)k - 1;
        }
    }
    return 0;
}

static ssize_t full(int fd, char *p, size_t n)
{
    size_t have = 0;
    ssize_t r = 1;

    while (have < n && r != 0) {
        ready(fd, POLLIN);
        r = read(fd, p + have, n - have);
        if (r == -1 && errno != EINTR)
            return -1;
        if (r > 0)
            have += (size_t)r;
    }
    return (ssize_t)have;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    unsigned char head[4] = {0};
    char scrap[256];
    ssize_t n = full(fd, (char *)head, 4);
    size_t size = 0, left;

    if (n <= 0)
        return (int)n;
    for (int i = 0; i < 4; i++)
        size = size * 256 + head[i];
    if (n < 4 || size > INT32_MAX) {
        errno = EPROTO;
        return -1;
    }
    if (size <= cap) {
        n = full(fd, buf, size);
        left = n < 0 ? 0 : size - (size_t)n;
    } else {
        for (left = size; left > 0 && n > 0; left -= (size_t)n)
            if ((n = full(fd, scrap, left < 256 ? left : 256)) < 0)
                break;
    }
    if (n == -1)
        return -1;
    if (left > 0 || size > cap) {
        errno = left > 0 ? EPROTO : EMSGSIZE;
        return -1;
    }
    *len = size;
    return 1;
}
