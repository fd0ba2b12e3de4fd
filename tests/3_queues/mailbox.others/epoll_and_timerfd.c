/*
 * Technique: epoll waits for the box and for a timerfd; the flag O_NONBLOCK
 *   is set once, with mq_setattr, and never taken away
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    struct mq_attr attr = {0, capacity, message_size, 0, {0}}, is;
    mqd_t q =
        mq_open(name, O_CREAT | O_RDWR | O_CLOEXEC, S_IRUSR | S_IWUSR, &attr);
    int error = EEXIST;

    if (q < 0)
        return -1;
    attr.mq_flags = O_NONBLOCK;
    if (mq_setattr(q, &attr, &is) == -1)
        error = errno;
    else if (is.mq_maxmsg == capacity && is.mq_msgsize == message_size)
        return q;
    mq_close(q);
    errno = error;
    return -1;
}

struct wait {
    int epoll, timer;
};

static void done(struct wait *w)
{
    int error = errno;

    if (w->timer != -1)
        close(w->timer);
    if (w->epoll != -1)
        close(w->epoll);
    errno = error;
}

static int begin(struct wait *w, mqd_t q, unsigned events, int timeout_ms)
{
    struct epoll_event box = {.events = events, .data.fd = q};
    struct epoll_event end = {.events = EPOLLIN, .data.fd = -1};
    struct itimerspec at = {
        .it_value = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L}};

    w->timer = -1;
    w->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (w->epoll == -1 || epoll_ctl(w->epoll, EPOLL_CTL_ADD, q, &box) == -1)
        goto bad;
    if (timeout_ms <= 0)
        return 0;
    w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
    if (w->timer == -1 || timerfd_settime(w->timer, 0, &at, NULL) == -1 ||
        epoll_ctl(w->epoll, EPOLL_CTL_ADD, w->timer, &end) == -1)
        goto bad;
    return 0;
bad:
    done(w);
    return -1;
}

/* 0: look again, -1: over. */
static int sleep_on(struct wait *w, int timeout_ms)
{
    struct epoll_event e[2];
    int n, over = 0, box = 0;

    do
        n = epoll_wait(w->epoll, e, 2, timeout_ms == 0 ? 0 : -1);
    while (n == -1 && errno == EINTR);
    for (int i = 0; i < n; i++) {
        over |= e[i].data.fd == -1;
        box |= e[i].data.fd != -1;
    }
    if (n >= 0 && (box || (n > 0 && !over)))
        return 0;
    if (n >= 0)
        errno = ETIMEDOUT;
    return -1;
}

int mailbox_send(mqd_t q, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    struct wait w;
    int rc;

    if (mq_send(q, msg, len, urgent) == 0)
        return 0;
    if ((errno != EAGAIN && errno != EINTR) ||
        begin(&w, q, EPOLLOUT, timeout_ms) == -1)
        return -1;
    while ((rc = mq_send(q, msg, len, urgent)) == -1 &&
           (errno == EAGAIN || errno == EINTR))
        if (sleep_on(&w, timeout_ms) == -1)
            break;
    done(&w);
    return rc;
}

ssize_t mailbox_recv(mqd_t q, void *buf, size_t cap, int timeout_ms)
{
    struct wait w;
    struct mq_attr is;
    unsigned priority;
    ssize_t n = -1;

    mq_getattr(q, &is);
    char *room = calloc(1, is.mq_msgsize);
    if (!room)
        return -1;
    if (begin(&w, q, EPOLLIN, timeout_ms) == -1) {
        free(room);
        return -1;
    }
    while ((n = mq_receive(q, room, is.mq_msgsize, &priority)) == -1 &&
           (errno == EAGAIN || errno == EINTR))
        if (sleep_on(&w, timeout_ms) == -1)
            break;
    done(&w);
    int error = errno;
    if (n != -1 && (size_t)n > cap) {
        error = EMSGSIZE;
        n = -1;
    } else if (n != -1 && n > 0) {
        memcpy(buf, room, n);
    }
    free(room);
    errno = error;
    return n;
}

int mailbox_remove(const char *name)
{
    return mq_unlink(name) == 0 ? 0 : -1;
}
