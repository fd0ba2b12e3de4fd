/*
 * Technique: tries first, so that nothing is looked at or allocated where a
 *   message is there; one function waits for both directions; ppoll
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct timespec never = {.tv_sec = 0, .tv_nsec = 1};

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    const struct mq_attr attr = {.mq_maxmsg = capacity,
                                 .mq_msgsize = message_size};
    struct mq_attr now;

    if (capacity <= 0 || message_size <= 0)
        return errno = EINVAL, -1;
    mqd_t q = mq_open(name, O_CREAT | O_RDWR, 0600, (struct mq_attr *)&attr);
    if (q == -1 || mq_getattr(q, &now) == -1)
        return q;
    if (now.mq_maxmsg == attr.mq_maxmsg && now.mq_msgsize == attr.mq_msgsize)
        return q;
    mq_close(q);
    return errno = EEXIST, -1;
}

static int64_t monotonic_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC_RAW, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Begins counting at the first wait. */
static int wait_more(mqd_t q, short events, int timeout_ms, int64_t *end)
{
    struct pollfd p = {.fd = q, .events = events};
    struct timespec left;

    if (errno == EINTR)
        return 0;
    if (errno != ETIMEDOUT || timeout_ms == 0)
        return -1;
    if (timeout_ms > 0 && *end == 0)
        *end = monotonic_us() + (int64_t)timeout_ms * 1000;
    int64_t us = *end - monotonic_us();
    if (timeout_ms > 0 && us <= 0)
        return -1;
    left = (struct timespec){us / 1000000, us % 1000000 * 1000};
    if (ppoll(&p, 1, timeout_ms > 0 ? &left : NULL, NULL) == -1)
        return errno == EINTR ? 0 : -1;
    return 0; /* or it is over: another try tells */
}

int mailbox_send(mqd_t q, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    int64_t end = 0;

    while (mq_timedsend(q, msg, len, 1u << urgent, &never) == -1)
        if (wait_more(q, POLLOUT, timeout_ms, &end) == -1)
            return -1;
    return 0;
}

/* Into room of size bytes. */
static ssize_t receive(mqd_t q, void *room, size_t size, int timeout_ms)
{
    int64_t end = 0;
    ssize_t n;

    while ((n = mq_timedreceive(q, room, size, NULL, &never)) == -1)
        if (wait_more(q, POLLIN, timeout_ms, &end) == -1)
            return -1;
    return n;
}

ssize_t mailbox_recv(mqd_t q, void *buf, size_t cap, int timeout_ms)
{
    ssize_t n = receive(q, buf, cap, timeout_ms);
    struct mq_attr attr;

    if (n != -1 || errno != EMSGSIZE)
        return n;
    /* It would not even look: buf is smaller than mq_msgsize. */
    mq_getattr(q, &attr);
    void *room = aligned_alloc(64, ((size_t)attr.mq_msgsize + 63) / 64 * 64);
    if (!room)
        return -1;
    n = receive(q, room, (size_t)attr.mq_msgsize, timeout_ms);
    int error = errno;
    if (n > 0 && (size_t)n <= cap)
        memcpy(buf, room, (size_t)n);
    free(room);
    errno = n > 0 && (size_t)n > cap ? EMSGSIZE : error;
    return n > 0 && (size_t)n > cap ? -1 : n;
}

int mailbox_remove(const char *name)
{
    return mq_unlink(name);
}
