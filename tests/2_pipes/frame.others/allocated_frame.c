/*
 * Technique: the frame in memory from malloc, one write loop; endian.h
 */
#include "frame.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int frame_send(int fd, const void *msg, size_t len)
{
    if (len > INT_MAX)
        return errno = EMSGSIZE, -1;
    char *frame = malloc(4 + len);
    if (!frame)
        return -1;
    *(uint32_t *)(void *)frame = htobe32((uint32_t)len);
    memcpy(frame + 4, msg, len);

    size_t sent = 0;
    int error = 0;
    while (sent < 4 + len && !error) {
        ssize_t n = write(fd, frame + sent, 4 + len - sent);
        if (n >= 0)
            sent += (size_t)n;
        else if (errno != EINTR)
            error = errno;
    }
    free(frame);
    if (!error)
        return 0;
    errno = error;
    return -1;
}

/* How many bytes came before the end; -1: an error. */
static ssize_t fill(int fd, void *to, size_t want)
{
    char *p = to;

    while (want > 0) {
        ssize_t n = read(fd, p, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        p += n;
        want -= (size_t)n;
    }
    return p - (char *)to;
}

static int skip(int fd, size_t left)
{
    enum { STEP = 1 << 20 };
    char *scrap = malloc(STEP);
    int error = scrap ? EMSGSIZE : ENOMEM;

    while (scrap && left > 0) {
        size_t step = left < STEP ? left : STEP;
        ssize_t n = fill(fd, scrap, step);
        if (n != (ssize_t)step) {
            error = n < 0 ? errno : EPROTO;
            break;
        }
        left -= step;
    }
    free(scrap);
    errno = error;
    return -1;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    uint32_t head = 0;
    ssize_t n = fill(fd, &head, 4);

    if (n <= 0)
        return (int)n;
    size_t size = be32toh(head);
    if (n < 4 || size > INT_MAX)
        return errno = EPROTO, -1;
    if (size > cap)
        return skip(fd, size);
    n = fill(fd, buf, size);
    if (n < 0)
        return -1;
    if ((size_t)n != size)
        return errno = EPROTO, -1;
    *len = size;
    return 1;
}
