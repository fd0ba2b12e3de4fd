/*
 * Technique: the box is O_NONBLOCK from the beginning; O_EXCL, then open;
 *   poll; a buffer on the stack
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <time.h>

static mqd_t make_or_find(const char *name, long capacity, long message_size)
{
    struct mq_attr attr = {0};

    attr.mq_maxmsg = capacity;
    attr.mq_msgsize = message_size;
    for (;;) {
        mqd_t q =
            mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0600, &attr);
        if (q != (mqd_t)-1 || errno != EEXIST)
            return q;
        q = mq_open(name, O_RDWR | O_NONBLOCK);
        if (q != (mqd_t)-1 || errno != ENOENT)
            return q;
    }
}

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    struct mq_attr attr;

    if (capacity < 1 || message_size < 1) {
        errno = EINVAL;
        return (mqd_t)-1;
    }
    mqd_t q = make_or_find(name, capacity, message_size);
    if (q == (mqd_t)-1)
        return q;
    mq_getattr(q, &attr);
    if (attr.mq_maxmsg != capacity || attr.mq_msgsize != message_size) {
        mq_close(q);
        errno = EEXIST;
        return (mqd_t)-1;
    }
    return q;
}

static long long now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* 1: try; 0: over; -1: errno */
static int until(mqd_t q, short events, int timeout_ms, long long end)
{
    struct pollfd p = {q, events, 0};

    for (;;) {
        long long left = (end - now_ns() + 999999) / 1000000;
        if (left < 0)
            left = 0;
        int n = poll(&p, 1, timeout_ms < 0 ? -1 : (int)left);
        if (n >= 0 || errno != EINTR)
            return n;
    }
}

static int over(int n)
{
    if (n == 0)
        errno = ETIMEDOUT;
    return -1;
}

int mailbox_send(mqd_t q, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    long long end = now_ns() + timeout_ms * 1000000LL;

    for (;;) {
        int n = until(q, POLLOUT, timeout_ms, end);
        if (n != 1)
            return over(n);
        if (mq_send(q, msg, len, urgent ? 31 : 5) == 0)
            return 0;
        if (errno != EAGAIN && errno != EINTR)
            return -1;
    }
}

ssize_t mailbox_recv(mqd_t q, void *buf, size_t cap, int timeout_ms)
{
    long long end = now_ns() + timeout_ms * 1000000LL;
    struct mq_attr attr;

    if (mq_getattr(q, &attr) != 0)
        return -1;
    char room[attr.mq_msgsize];
    for (;;) {
        int n = until(q, POLLIN, timeout_ms, end);
        if (n != 1)
            return over(n);
        ssize_t size = mq_receive(q, room, sizeof(room), NULL);
        if (size == -1 && (errno == EAGAIN || errno == EINTR))
            continue;
        if (size > 0 && (size_t)size > cap) {
            errno = EMSGSIZE;
            return -1;
        }
        if (size > 0)
            memcpy(buf, room, size);
        return size;
    }
}

int mailbox_remove(const char *name)
{
    return mq_unlink(name);
}
