/*
 * Technique: what is too long is skipped through buf itself; a union for
 * the length, recursion for the rest
 */
#include "frame.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

union head {
    uint32_t number;
    char bytes[4];
};

static int send_rest(int fd, const char *a, size_t m, const char *b, size_t n)
{
    struct iovec v[2] = {{(void *)(uintptr_t)a, m}, {(void *)(uintptr_t)b, n}};

    if (m + n == 0)
        return 0;
    ssize_t w = writev(fd, v, 2);
    if (w == -1)
        return errno == EINTR ? send_rest(fd, a, m, b, n) : -1;
    if ((size_t)w < m)
        return send_rest(fd, a + w, m - (size_t)w, b, n);
    w -= (ssize_t)m;
    return send_rest(fd, a, 0, b + w, n - (size_t)w);
}

int frame_send(int fd, const void *msg, size_t len)
{
    union head head = {htonl((uint32_t)len)};

    if (len > 0x7fffffff) {
        errno = EMSGSIZE;
        return -1;
    }
    return send_rest(fd, head.bytes, 4, msg, len);
}

static int recv_rest(int fd, char *p, size_t n)
{
    while (n > 0) {
        ssize_t r = read(fd, p, n);
        if (r == 0)
            errno = EPROTO;
        if (r == 0 || (r == -1 && errno != EINTR))
            return -1;
        p += r == -1 ? 0 : r;
        n -= r == -1 ? 0 : (size_t)r;
    }
    return 0;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    union head head;
    char one[1], *scrap = cap ? buf : one;
    ssize_t r;

    while ((r = read(fd, head.bytes, 1)) == -1 && errno == EINTR)
        ;
    if (r != 1)
        return (int)r;
    if (recv_rest(fd, head.bytes + 1, 3) == -1)
        return -1;
    size_t size = ntohl(head.number), room = cap ? cap : 1;
    if (size > INT32_MAX) {
        errno = EPROTO;
        return -1;
    }
    if (size <= cap) {
        *len = size;
        return recv_rest(fd, buf, size) == -1 ? -1 : 1;
    }
    for (; size > 0; size -= size < room ? size : room)
        if (recv_rest(fd, scrap, size < room ? size : room) == -1)
            return -1;
    errno = EMSGSIZE;
    return -1;
}
