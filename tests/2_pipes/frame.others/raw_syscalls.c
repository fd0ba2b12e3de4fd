/*
 * Technique: syscall(2) for writev and read
 */
#include "frame.h"

#include <errno.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static int error(int number)
{
    errno = number;
    return -1;
}

int frame_send(int fd, const void *msg, size_t len)
{
    if (len > INT32_MAX)
        return error(EMSGSIZE);
    uint32_t head = __builtin_bswap32((uint32_t)len);
    struct iovec v[2] = {{&head, 4}, {(void *)(uintptr_t)msg, len}};
    long n = 0;

    for (size_t left = 4 + len; left > 0; left -= (size_t)n) {
        for (int i = 0; i < 2; i++) {
            size_t take = (size_t)n < v[i].iov_len ? (size_t)n : v[i].iov_len;
            v[i].iov_base = (char *)v[i].iov_base + take;
            v[i].iov_len -= take;
            n -= (long)take;
        }
        do
            n = syscall(SYS_writev, fd, v, 2);
        while (n == -1 && errno == EINTR);
        if (n == -1)
            return -1;
    }
    return 0;
}

static long take(int fd, char *to, size_t n, size_t step)
{
    long done = 0;

    while (n > 0) {
        long r = syscall(SYS_read, fd, to, step && step < n ? step : n);
        if (r == -1 && errno == EINTR)
            continue;
        if (r == -1)
            return -1;
        if (r == 0)
            break;
        done += r;
        n -= (size_t)r;
        to += step ? 0 : r;
    }
    return done;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    char scrap[4096];
    uint32_t head = 0;
    long n = take(fd, (char *)&head, 4, 0);

    if (n < 1)
        return (int)n;
    head = __builtin_bswap32(head);
    if (n < 4 || (int32_t)head < 0)
        return error(EPROTO);
    if (head > cap)
        n = take(fd, scrap, head, sizeof(scrap));
    else
        n = take(fd, buf, head, 0);
    if (n == -1)
        return -1;
    if (n < (long)head)
        return error(EPROTO);
    if (head > cap)
        return error(EMSGSIZE);
    *len = head;
    return 1;
}
