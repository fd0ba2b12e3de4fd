#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/*
 * TODO: where does HOST end and PORT begin, in tcp:[::1]:80 and tcp:::1:80?
 * TODO: a file is at PATH already. How do you find out whether its server
 *       lives, without waiting, and without harming a file of another kind?
 */
int sock_listen(const char *address, int backlog)
{
    (void)address;
    (void)backlog;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: connect has no time-out. Which mode of the socket, which call to
 *       wait, and which question afterwards give it one?
 * TODO: three addresses and one second: how long may the second one take?
 * TODO: the queue of a server at a path is full. What does connect say on a
 *       socket that does not block, and is there anything to poll for?
 */
int sock_dial(const char *address, int timeout_ms)
{
    (void)address;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

/* TODO: getsockname tells a length. What does it mean for each family? */
int sock_name(int fd, char *buf, size_t cap)
{
    (void)fd;
    (void)buf;
    (void)cap;
    errno = ENOSYS;
    return -1;
}
