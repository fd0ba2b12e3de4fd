#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/*
 * TODO: what does mq_open do with the attributes it is given, when a queue of
 *       that name is there already?
 */
mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    (void)name;
    (void)capacity;
    (void)message_size;
    errno = ENOSYS;
    return (mqd_t)-1;
}

/*
 * TODO: mq_timedsend waits until a point in time. By which clock, and what
 *       if somebody sets that clock?
 */
int mailbox_send(mqd_t box, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    (void)box;
    (void)msg;
    (void)len;
    (void)urgent;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: how many bytes must the buffer have that mq_receive is given? And
 *       after poll has said that a message is there: is it still there?
 */
ssize_t mailbox_recv(mqd_t box, void *buf, size_t cap, int timeout_ms)
{
    (void)box;
    (void)buf;
    (void)cap;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

int mailbox_remove(const char *name)
{
    (void)name;
    errno = ENOSYS;
    return -1;
}
