/*
 * Technique: splice to /dev/null skips what is too long; else read
 */
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

static int put(int fd, const void *bytes, size_t n)
{
    for (ssize_t w; n > 0; bytes = (const char *)bytes + w, n -= (size_t)w) {
        w = TEMP_FAILURE_RETRY(write(fd, bytes, n));
        if (w == -1)
            return -1;
    }
    return 0;
}

int frame_send(int fd, const void *msg, size_t len)
{
    unsigned char head[4] = {len >> 24 & 255, len >> 16 & 255, len >> 8 & 255,
                             len & 255};
    struct iovec v[] = {{head, 4}, {(void *)(uintptr_t)msg, len}};

    if (len > 0x7fffffff) {
        errno = EMSGSIZE;
        return -1;
    }
    ssize_t n = TEMP_FAILURE_RETRY(writev(fd, v, 2));
    if (n == -1)
        return -1;
    if (n < 4) {
        if (put(fd, head + n, 4 - (size_t)n) == -1)
            return -1;
        n = 4;
    }
    return put(fd, (const char *)msg + (n - 4), len - (size_t)(n - 4));
}

static ssize_t get(int fd, void *bytes, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t r =
            TEMP_FAILURE_RETRY(read(fd, (char *)bytes + have, n - have));
        if (r == -1)
            return -1;
        if (r == 0)
            break;
        have += (size_t)r;
    }
    return (ssize_t)have;
}

/* splice works from a pipe only; a socket has to be read. */
static ssize_t drop(int fd, int null, size_t n)
{
    static char scrap[65536];
    ssize_t r = null == -1 ? -1 : splice(fd, NULL, null, NULL, n, 0);

    if (r == -1 && errno != EINTR)
        r = read(fd, scrap, n < sizeof(scrap) ? n : sizeof(scrap));
    return r;
}

static int skip(int fd, size_t n)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC), error = EMSGSIZE;

    while (n > 0) {
        ssize_t r = drop(fd, null, n);
        if (r == -1 && errno == EINTR)
            continue;
        if (r <= 0) {
            error = r == 0 ? EPROTO : errno;
            break;
        }
        n -= (size_t)r;
    }
    if (null != -1)
        close(null);
    errno = error;
    return -1;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    unsigned char h[4] = {0};
    ssize_t n = get(fd, h, 4);

    if (n <= 0)
        return (int)n;
    if (n < 4 || h[0] > 127) {
        errno = EPROTO;
        return -1;
    }
    size_t size = (size_t)(h[0] << 24 | h[1] << 16 | h[2] << 8 | h[3]);
    if (size > cap)
        return skip(fd, size);
    n = get(fd, buf, size);
    if (n >= 0 && (size_t)n < size)
        errno = EPROTO;
    *len = size;
    return n >= 0 && (size_t)n == size ? 1 : -1;
}
