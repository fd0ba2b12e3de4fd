#include "handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/*
 * TODO: the tag may be empty. What has to be sent nevertheless, and why?
 * TODO: how large is the control buffer, and how must it lie in memory?
 */
int fd_send(int sock, int fd, const void *tag, size_t len)
{
    (void)sock;
    (void)fd;
    (void)tag;
    (void)len;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: the peer sends three descriptors where you expect one. Which of them
 *       are open now, in your process?
 * TODO: on a stream, one call may bring less than a message, or more.
 */
int fd_recv(int sock, void *tag, size_t cap, size_t *len, struct peer *who)
{
    (void)sock;
    (void)tag;
    (void)cap;
    (void)len;
    (void)who;
    errno = ENOSYS;
    return -1;
}
