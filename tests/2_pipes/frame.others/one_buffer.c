/*
 * Technique: small frames built in a buffer, large ones in two writes
 */
#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

static int write_all(int fd, const void *buf, size_t n)
{
    const char *p = buf;

    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w < 0 && errno == EINTR)
            continue;
        if (w < 0)
            return -1;
        p += w;
        n -= (size_t)w;
    }
    return 0;
}

int frame_send(int fd, const void *msg, size_t len)
{
    char frame[PIPE_BUF];
    uint32_t head = htonl((uint32_t)len);

    if (len > INT32_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (len <= sizeof(frame) - sizeof(head)) {
        memcpy(frame, &head, sizeof(head));
        memcpy(frame + sizeof(head), msg, len);
        return write_all(fd, frame, sizeof(head) + len);
    }
    if (write_all(fd, &head, sizeof(head)) < 0)
        return -1;
    return write_all(fd, msg, len);
}

/* 1: all of it, 0: the end before the first byte. */
static int read_all(int fd, void *buf, size_t n)
{
    size_t done = 0;

    while (done < n) {
        ssize_t r = read(fd, (char *)buf + done, n - done);
        if (r > 0) {
            done += (size_t)r;
        } else if (r == 0) {
            errno = EPROTO;
            return done == 0 ? 0 : -1;
        } else if (errno != EINTR) {
            return -1;
        }
    }
    return 1;
}

/* Where the end is no good at any place. */
static int must_read(int fd, void *buf, size_t n)
{
    return n == 0 || read_all(fd, buf, n) == 1 ? 0 : -1;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    uint32_t head;
    int rc = read_all(fd, &head, sizeof(head));

    if (rc != 1)
        return rc;
    int32_t size = (int32_t)ntohl(head);
    if (size < 0) {
        errno = EPROTO;
        return -1;
    }
    if ((size_t)size > cap) {
        char scrap[512];
        while (size > 0) {
            int32_t part = size < 512 ? size : 512;
            if (must_read(fd, scrap, (size_t)part) < 0)
                return -1;
            size -= part;
        }
        errno = EMSGSIZE;
        return -1;
    }
    *len = (size_t)size;
    return must_read(fd, buf, (size_t)size) < 0 ? -1 : 1;
}
