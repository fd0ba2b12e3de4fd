/*
 * Technique: a second open file description, made through /proc, is
 *   O_NONBLOCK; pselect waits; the attributes are looked at before it is made
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

static int is_of_shape(mqd_t q, long capacity, long message_size)
{
    struct mq_attr a;

    return mq_getattr(q, &a) == 0 && a.mq_maxmsg == capacity &&
           a.mq_msgsize == message_size;
}

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    struct mq_attr a = {.mq_maxmsg = capacity, .mq_msgsize = message_size};
    mqd_t q;

    do {
        q = mq_open(name, O_RDWR);
        if (q == -1 && errno == ENOENT)
            q = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &a);
    } while (q == -1 && (errno == EEXIST || errno == ENOENT));
    if (q == -1 || is_of_shape(q, capacity, message_size))
        return q;
    mq_close(q);
    errno = EEXIST;
    return -1;
}

/* Another open file description of the same queue: its flags are our own. */
static mqd_t own_way(mqd_t q)
{
    char path[40];

    snprintf(path, sizeof(path), "/proc/self/fd/%d", q);
    return open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
}

static long long ns_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int wait_until(mqd_t q, int out, int timeout_ms, long long end)
{
    fd_set set;
    int n;

    do {
        long long left = end - ns_now();
        if (left < 0)
            left = 0;
        struct timespec t = {left / 1000000000, left % 1000000000};
        FD_ZERO(&set);
        FD_SET(q, &set);
        n = pselect(q + 1, out ? NULL : &set, out ? &set : NULL, NULL,
                    timeout_ms < 0 ? NULL : &t, NULL);
    } while (n == -1 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n;
}

static int leave(mqd_t own, int rc)
{
    int error = errno;

    mq_close(own);
    errno = error;
    return rc;
}

int mailbox_send(mqd_t q, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    long long end = ns_now() + timeout_ms * 1000000LL;
    mqd_t own = own_way(q);
    int rc;

    if (own == -1)
        return -1;
    while ((rc = mq_send(own, msg, len, urgent ? MQ_PRIO_MAX - 1 : 0)) == -1)
        if (errno != EINTR &&
            (errno != EAGAIN || wait_until(own, 1, timeout_ms, end) != 1))
            break;
    return leave(own, rc);
}

ssize_t mailbox_recv(mqd_t q, void *buf, size_t cap, int timeout_ms)
{
    long long end = ns_now() + timeout_ms * 1000000LL;
    struct mq_attr a;
    ssize_t n;

    if (mq_getattr(q, &a) == -1)
        return -1;
    char *place = malloc((size_t)a.mq_msgsize);
    mqd_t own = place ? own_way(q) : -1;
    if (own == -1) {
        int error = errno;
        free(place);
        errno = error;
        return -1;
    }
    while ((n = mq_receive(own, place, (size_t)a.mq_msgsize, NULL)) == -1)
        if (errno != EINTR &&
            (errno != EAGAIN || wait_until(own, 0, timeout_ms, end) != 1))
            break;
    leave(own, 0);
    int error = errno;
    if (n > 0 && (size_t)n > cap)
        error = EMSGSIZE;
    else if (n > 0)
        memcpy(buf, place, (size_t)n);
    free(place);
    errno = error;
    return n > 0 && (size_t)n > cap ? -1 : n;
}

int mailbox_remove(const char *name)
{
    return mq_unlink(name);
}
