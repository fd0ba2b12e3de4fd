#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ORDINARY, URGENT };

/* A time that is over: with it mq_timedsend and mq_timedreceive never sleep,
 * whatever the wall clock shows, and no flag is touched that others share. */
static const struct timespec long_ago = {0};

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    struct mq_attr want = {.mq_maxmsg = capacity, .mq_msgsize = message_size};
    struct mq_attr is;
    mqd_t box = mq_open(name, O_RDWR | O_CREAT, 0600, &want);

    if (box == (mqd_t)-1)
        return box;
    if (mq_getattr(box, &is) == 0 && is.mq_maxmsg == capacity &&
        is.mq_msgsize == message_size)
        return box;
    mq_close(box);
    errno = EEXIST;
    return (mqd_t)-1;
}

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static long long deadline_of(int timeout_ms)
{
    return timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
}

/*
 * A call has failed. Is it worth another try? If the mailbox was full, or
 * empty, waits until it is not. That is no promise: somebody else may have
 * been faster, so the try must not sleep.
 */
static bool try_again(mqd_t box, short event, long long deadline)
{
    struct pollfd p = {.fd = box, .events = event};
    int left = -1;

    if (errno != ETIMEDOUT)
        return errno == EINTR;
    if (deadline >= 0) {
        long long ms = deadline - now_ms();
        left = ms > 0 ? (int)ms : 0;
    }
    int n = poll(&p, 1, left);
    if (n == 0)
        errno = ETIMEDOUT;
    return n == 1 || (n == -1 && errno == EINTR);
}

int mailbox_send(mqd_t box, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    long long deadline = deadline_of(timeout_ms);
    int rc;

    do
        rc = mq_timedsend(box, msg, len, urgent ? URGENT : ORDINARY, &long_ago);
    while (rc == -1 && try_again(box, POLLOUT, deadline));
    return rc;
}

ssize_t mailbox_recv(mqd_t box, void *buf, size_t cap, int timeout_ms)
{
    long long deadline = deadline_of(timeout_ms);
    struct mq_attr is;
    ssize_t n;

    if (mq_getattr(box, &is) == -1)
        return -1;
    /* The kernel wants room for the longest message there may be. */
    size_t size = (size_t)is.mq_msgsize;
    char *room = malloc(size);
    if (!room)
        return -1;
    do
        n = mq_timedreceive(box, room, size, NULL, &long_ago);
    while (n == -1 && try_again(box, POLLIN, deadline));
    int error = errno;
    if (n != -1 && (size_t)n > cap) {
        n = -1;
        error = EMSGSIZE;
    }
    if (n > 0)
        memcpy(buf, room, (size_t)n);
    free(room);
    errno = error;
    return n;
}

int mailbox_remove(const char *name)
{
    return mq_unlink(name);
}

/*
 * The trap: mq_timedreceive ends at a point of the wall clock, and somebody
 * may set that clock back by hours. To wait with poll and then to receive
 * without sleeping keeps the time by CLOCK_MONOTONIC; to wait with poll and
 * then to call mq_receive sleeps for ever when another one was faster.
 */
