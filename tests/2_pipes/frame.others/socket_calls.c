/*
 * Technique: sendmsg and recv with MSG_WAITALL on sockets, else writev, read
 */
#include "frame.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static ssize_t send_some(int fd, struct iovec *v, size_t n)
{
    struct msghdr m = {.msg_iov = v, .msg_iovlen = n};
    ssize_t w = sendmsg(fd, &m, MSG_NOSIGNAL);

    return w < 0 && errno == ENOTSOCK ? writev(fd, v, (int)n) : w;
}

int frame_send(int fd, const void *msg, size_t len)
{
    uint8_t head[4] = {(uint8_t)(len >> 24), (uint8_t)(len >> 16),
                       (uint8_t)(len >> 8), (uint8_t)len};
    size_t sent = 0;

    if (len > 0x7fffffff) {
        errno = EMSGSIZE;
        return -1;
    }
    while (sent < 4 + len) {
        size_t gone = sent < 4 ? 0 : sent - 4;
        struct iovec v[2] = {
            {head + (sent < 4 ? sent : 4), sent < 4 ? 4 - sent : 0},
            {(char *)(uintptr_t)msg + gone, len - gone},
        };
        ssize_t n = send_some(fd, v, 2);
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            sent += (size_t)n;
    }
    return 0;
}

static ssize_t recv_some(int fd, void *buf, size_t n)
{
    ssize_t r = recv(fd, buf, n, MSG_WAITALL);

    return r < 0 && errno == ENOTSOCK ? read(fd, buf, n) : r;
}

static ssize_t recv_all(int fd, void *buf, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t r = recv_some(fd, (char *)buf + have, n - have);
        if (r == 0)
            break;
        if (r < 0 && errno != EINTR)
            return -1;
        have += r < 0 ? 0 : (size_t)r;
    }
    return (ssize_t)have;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    uint8_t head[4] = {0};
    char scrap[8192] = {0};
    ssize_t n = recv_all(fd, head, 4);

    if (n == 0 || n == -1)
        return (int)n;
    size_t size = ((size_t)head[0] << 24) + ((size_t)head[1] << 16) +
                  ((size_t)head[2] << 8) + head[3];
    errno = EPROTO;
    if (n != 4 || head[0] >= 0x80)
        return -1;
    bool fits = size <= cap;
    for (size_t left = size; left > 0; left -= (size_t)n) {
        size_t part = fits ? left : left < 8192 ? left : 8192;
        n = recv_all(fd, fits ? buf : scrap, part);
        if (n < 0)
            return -1;
        if ((size_t)n < part) {
            errno = EPROTO;
            return -1;
        }
    }
    *len = size;
    errno = EMSGSIZE;
    return fits ? 1 : -1;
}
