#include "frame.h"

#include <errno.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

enum { HEAD = 4, LONGEST = 0x7fffffff };

static int fail(int error)
{
    errno = error;
    return -1;
}

/* All of it; writev may be interrupted, or take only a part. */
static int put(int fd, struct iovec *part, int parts)
{
    while (parts > 0) {
        ssize_t n = writev(fd, part, parts);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        for (; parts > 0 && (size_t)n >= part->iov_len; part++, parts--)
            n -= (ssize_t)part->iov_len;
        if (parts > 0) {
            part->iov_base = (char *)part->iov_base + n;
            part->iov_len -= (size_t)n;
        }
    }
    return 0;
}

int frame_send(int fd, const void *msg, size_t len)
{
    if (len > LONGEST)
        return fail(EMSGSIZE);

    uint32_t n = (uint32_t)len;
    unsigned char head[HEAD] = {n >> 24, n >> 16 & 0xff, n >> 8 & 0xff,
                                n & 0xff};
    struct iovec frame[] = {
        {.iov_base = head, .iov_len = HEAD},
        {.iov_base = (void *)msg, .iov_len = len},
    };

    /* One call for both: what others write comes before or after it. */
    return put(fd, frame, 2);
}

/* n bytes; fewer only where the stream ends. */
static ssize_t get(int fd, void *buf, size_t n)
{
    size_t have = 0;

    while (have < n) {
        ssize_t got = read(fd, (char *)buf + have, n - have);
        if (got == -1 && errno == EINTR)
            continue;
        if (got == -1)
            return -1;
        if (got == 0)
            break;
        have += (size_t)got;
    }
    return (ssize_t)have;
}

/* A message too long for the caller goes the same way, into scrap. */
static int skip(int fd, size_t n)
{
    char scrap[16384];

    while (n > 0) {
        size_t part = n < sizeof(scrap) ? n : sizeof(scrap);
        ssize_t got = get(fd, scrap, part);
        if (got == -1)
            return -1;
        if ((size_t)got < part)
            return fail(EPROTO);
        n -= part;
    }
    return fail(EMSGSIZE);
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    unsigned char head[HEAD] = {0};
    ssize_t got = get(fd, head, HEAD);
    if (got <= 0)
        return (int)got; /* the end, and between two frames it may come */

    uint32_t n = (uint32_t)head[0] << 24 | (uint32_t)head[1] << 16 |
                 (uint32_t)head[2] << 8 | head[3];
    if (got < HEAD || n > LONGEST)
        return fail(EPROTO);
    if (n > cap)
        return skip(fd, n);

    got = get(fd, buf, n);
    if (got == -1)
        return -1;
    if ((size_t)got < n)
        return fail(EPROTO);
    *len = n;
    return 1;
}

/*
 * The trap: the length is the other side's word. Until it has been compared
 * with 0x7fffffff and with cap it is no size of anything, and afterwards it
 * is still a debt: also a message that nobody wants has to be taken off the
 * stream to its last byte, or its middle is read as the next length. And
 * header and message in two writes are two chances for somebody else's.
 */
