/*
 * sea_queues.c — messages through POSIX queues.
 */
#include <errno.h>
#include <mqueue.h>

#include "sea_call.h"

/* What was sent, or has come: its first bytes are remembered. */
static ssize_t passed(struct sailing *s, const void *bytes, size_t n, ssize_t r)
{
    sea_saw(s, &(struct iovec){(void *)bytes, n}, 1, r < 0 ? r : (ssize_t)n);
    sea_arrive(s, r, r < 0 ? errno : 0);
    return r;
}

int sea_mq_send(mqd_t, const char *, size_t, unsigned);
int sea_mq_send(mqd_t q, const char *bytes, size_t n, unsigned priority)
{
    struct sailing s = DEPART(mq_send, q, (long)bytes, (long)n, priority);

    if (s.injected)
        return -1;
    return (int)passed(&s, bytes, n, mq_send(q, bytes, n, priority));
}

int sea_mq_timedsend(mqd_t, const char *, size_t, unsigned,
                     const struct timespec *);
int sea_mq_timedsend(mqd_t q, const char *bytes, size_t n, unsigned priority,
                     const struct timespec *at)
{
    struct sailing s =
        DEPART(mq_timedsend, q, (long)bytes, (long)n, priority, (long)at);
    struct timespec room;

    if (s.injected)
        return -1;
    return (int)passed(&s, bytes, n,
                       mq_timedsend(q, bytes, n, priority,
                                    sea_until(CLOCK_REALTIME, at, &room)));
}

ssize_t sea_mq_receive(mqd_t, char *, size_t, unsigned *);
ssize_t sea_mq_receive(mqd_t q, char *bytes, size_t n, unsigned *priority)
{
    struct sailing s =
        DEPART(mq_receive, q, (long)bytes, (long)n, (long)priority);
    ssize_t r;

    if (s.injected)
        return -1;
    r = mq_receive(q, bytes, n, priority);
    return passed(&s, bytes, r < 0 ? 0 : (size_t)r, r);
}

ssize_t sea_mq_timedreceive(mqd_t, char *, size_t, unsigned *,
                            const struct timespec *);
ssize_t sea_mq_timedreceive(mqd_t q, char *bytes, size_t n, unsigned *priority,
                            const struct timespec *at)
{
    struct sailing s = DEPART(mq_timedreceive, q, (long)bytes, (long)n,
                              (long)priority, (long)at);
    struct timespec room;
    ssize_t r;

    if (s.injected)
        return -1;
    r = mq_timedreceive(q, bytes, n, priority,
                        sea_until(CLOCK_REALTIME, at, &room));
    return passed(&s, bytes, r < 0 ? 0 : (size_t)r, r);
}
