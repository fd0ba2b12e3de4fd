/*
 * Mistake: one call for everything, and no look at what it returned.
 * Caught by: puts_the_pieces_together
 * Saying: go on reading until you have them all
 */
#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

int frame_send(int fd, const void *msg, size_t len)
{
    if (len > INT32_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    uint32_t head = htonl((uint32_t)len);
    if (write(fd, &head, sizeof(head)) == -1 || write(fd, msg, len) == -1)
        return -1;
    return 0;
}

int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    uint32_t head;
    ssize_t n = read(fd, &head, sizeof(head));
    if (n <= 0)
        return (int)n;

    int32_t size = (int32_t)ntohl(head);
    if (size < 0) {
        errno = EPROTO;
        return -1;
    }
    if ((size_t)size > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    if (read(fd, buf, (size_t)size) != size) {
        errno = EPROTO;
        return -1;
    }
    *len = (size_t)size;
    return 1;
}
