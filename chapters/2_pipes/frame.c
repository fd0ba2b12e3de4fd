#include "frame.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * TODO: a length of 1 is the bytes 00 00 00 01, whatever this machine's own
 *       order is. And a number above 0x7fffffff has no place there.
 * TODO: several processes may send at once. What does pipe(7) promise about
 *       one write of at most PIPE_BUF bytes, and what about two?
 */
int frame_send(int fd, const void *msg, size_t len)
{
    (void)fd;
    (void)msg;
    (void)len;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: the length comes from somebody else. What must be known about it
 *       before it is used, and where does the next frame begin if it is
 *       larger than cap?
 */
int frame_recv(int fd, void *buf, size_t cap, size_t *len)
{
    (void)fd;
    (void)buf;
    (void)cap;
    (void)len;
    errno = ENOSYS;
    return -1;
}
