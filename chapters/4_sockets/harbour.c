#include "harbour.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * TODO: what do you have to remember of a client between two of its events?
 * TODO: it does not read. Where do its replies stay, how many of them, and
 *       which event do you wait for now, and for which not?
 * TODO: one round of epoll_wait brings two events of the same client, and
 *       the first one ends it. What does the second one point to?
 */
int harbour_serve(int listener, int stop_fd, const struct harbour *options)
{
    (void)listener;
    (void)stop_fd;
    (void)options;
    errno = ENOSYS;
    return -1;
}
