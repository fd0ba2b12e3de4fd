/*
 * Technique: readv into one scrap page many times over; a mapping as buffer
 */
#include "frame.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, PARTS = 16 };

int frame_send(int fd, const void *msg, size_t len)
{
    if (len > INT_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    size_t size = 4 + len, at = 0;
    unsigned char *frame = mmap(NULL, size, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (frame == MAP_FAILED)
        return -1;
    for (int i = 0; i < 4; i++)
        frame[i] = (unsigned char)(len >> (24 - 8 * i));
    memcpy(frame + 4, msg, len);
    ssize_t n = 0;
    while (at < size && (n != -1 || errno == EINTR)) {
        n = write(fd, frame + at, size - at);
        at += n == -1 ? 0 : (size_t)n;
    }
    int error = errno;
    munmap(frame, size);
    errno = error;
    return at == size ? 0 : -1;
}

/* Up to n bytes, all to the same page if there is no other place. */
static ssize_t once(int fd, char *to, char *page, size_t n)
{
    struct iovec v[PARTS];
    int parts = 0;

    if (to != NULL)
        return readv(fd, &(struct iovec){to, n}, 1);
    for (; parts < PARTS && n > 0; parts++) {
        size_t part = n < PAGE ? n : PAGE;
        v[parts] = (struct iovec){page, part};
        n -= part;
    }
    return readv(fd, v, parts);
}

static ssize_t get(int fd, char *to, size_t n)
{
    char page[PAGE];
    size_t have = 0;

    while (have < n) {
        ssize_t r = once(fd, to ? to + have : NULL, page, n - have);
        if (r == 0)
            break;
        if (r > 0)
            have += (size_t)r;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)have;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    unsigned char h[4] = {0};
    ssize_t n = get(fd, (char *)h, 4);

    if (n == 0 || n == -1)
        return (int)n;
    if (n != 4 || h[0] & 0x80)
        goto broken;
    size_t size = (size_t)h[0] << 24 | (size_t)h[1] << 16 | (size_t)h[2] << 8 |
                  (size_t)h[3];
    if (size > 0)
        n = get(fd, size > cap ? NULL : buf, size);
    else
        n = 0;
    if (n == -1)
        return -1;
    if ((size_t)n != size)
        goto broken;
    if (size > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    *len = size;
    return 1;
broken:
    errno = EPROTO;
    return -1;
}
