/*
 * Technique: fread without a buffer on a copy of the descriptor; pwritev2
 */
#include "frame.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/uio.h>
#include <unistd.h>

int frame_send(int fd, const void *msg, size_t len)
{
    unsigned char head[4] = {len >> 24 & 255, len >> 16 & 255, len >> 8 & 255,
                             len & 255};
    const char *body = msg;
    size_t sent = 0;

    if (len > INT32_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    while (sent < len + 4) {
        struct iovec v[2] = {{head, 4}, {(void *)(uintptr_t)body, len}};
        size_t from = sent < 4 ? 0 : 1, skip = from ? sent - 4 : sent;
        v[from].iov_base = (char *)v[from].iov_base + skip;
        v[from].iov_len -= skip;
        ssize_t n = pwritev2(fd, v + from, 2 - (int)from, -1, 0);
        if (n == -1 && errno != EINTR)
            return -1;
        sent += n == -1 ? 0 : (size_t)n;
    }
    return 0;
}

/* How many of n bytes came; less with errno 0 at the end of the stream. */
static size_t get(FILE *f, void *buf, size_t n)
{
    size_t have = 0;

    while (have < n) {
        errno = 0;
        have += fread((char *)buf + have, 1, n - have, f);
        if (have < n && (feof(f) || errno != EINTR))
            break;
        clearerr(f);
    }
    return have;
}

static int receive(FILE *f, void *buf, size_t cap, size_t *len)
{
    unsigned char h[4] = {0};
    char scrap[4000];
    size_t n = get(f, h, 4);

    if (n < 4) {
        if (errno == 0 && n > 0)
            errno = EPROTO;
        return errno ? -1 : 0;
    }
    size_t size = (size_t)h[0] << 24 | (size_t)h[1] << 16 | h[2] << 8 | h[3];
    if (size > INT32_MAX) {
        errno = EPROTO;
        return -1;
    }
    bool fits = size <= cap;
    for (size_t left = size; left > 0;) {
        size_t ask = fits || left < sizeof(scrap) ? left : sizeof(scrap);
        n = get(f, fits ? buf : scrap, ask);
        left -= n;
        if (n < ask) {
            errno = errno ? errno : EPROTO;
            return -1;
        }
    }
    *len = size;
    errno = fits ? 0 : EMSGSIZE;
    return fits ? 1 : -1;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    FILE *f = copy == -1 ? NULL : fdopen(copy, "r");
    int rc = -1, error = errno;

    if (f) {
        setvbuf(f, NULL, _IONBF, 0);
        rc = receive(f, buf, cap, len);
        error = errno;
        fclose(f);
    } else if (copy != -1) {
        close(copy);
    }
    errno = error;
    return rc;
}
