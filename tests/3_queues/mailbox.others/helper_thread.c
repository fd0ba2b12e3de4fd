/*
 * Technique: without a deadline mq_send and mq_receive sleep by themselves;
 *   with one, a thread sleeps until it is over and writes to a pipe that is
 *   polled beside the box
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    struct mq_attr a = {.mq_maxmsg = capacity, .mq_msgsize = message_size}, b;
    mqd_t q = mq_open(name, O_RDWR | O_CREAT, 0600, &a);

    if (q != -1 && (mq_getattr(q, &b),
                    b.mq_maxmsg != capacity || b.mq_msgsize != message_size)) {
        mq_close(q);
        errno = EEXIST;
        q = -1;
    }
    return q;
}

struct clock {
    pthread_t thread;
    struct timespec end;
    int pipe[2], stop[2];
};

static void *run(void *arg)
{
    struct clock *c = arg;
    struct pollfd p = {c->stop[0], POLLIN, 0};

    for (;;) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        long long ms = (c->end.tv_sec - now.tv_sec) * 1000LL +
                       (c->end.tv_nsec - now.tv_nsec + 999999) / 1000000;
        int n = poll(&p, 1, ms > 0 ? (int)ms : 0);
        if (n == 1)
            return NULL;
        if (n == 0)
            break;
    }
    close(c->pipe[1]); /* the end of the stream is the end of the time */
    c->pipe[1] = -1;
    return NULL;
}

static int clock_start(struct clock *c, int ms)
{
    sigset_t all, own;

    if (pipe2(c->pipe, O_CLOEXEC) == -1)
        return -1;
    if (pipe2(c->stop, O_CLOEXEC) == -1) {
        int error = errno;
        close(c->pipe[0]), close(c->pipe[1]);
        errno = error;
        return -1;
    }
    clock_gettime(CLOCK_MONOTONIC, &c->end);
    c->end.tv_sec += ms / 1000;
    c->end.tv_nsec += ms % 1000 * 1000000L;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &own);
    pthread_create(&c->thread, NULL, run, c);
    pthread_sigmask(SIG_SETMASK, &own, NULL);
    return 0;
}

static void clock_stop(struct clock *c)
{
    int error = errno;

    close(c->stop[1]);
    c->stop[1] = -1;
    pthread_join(c->thread, NULL);
    close(c->stop[0]);
    close(c->pipe[0]);
    if (c->pipe[1] != -1)
        close(c->pipe[1]);
    errno = error;
}

static int ready(mqd_t q, short event, struct clock *c)
{
    struct pollfd p[2] = {{q, event, 0}, {c ? c->pipe[0] : -1, POLLIN, 0}};
    int n;

    do
        n = poll(p, 2, c ? -1 : 0);
    while (n == -1 && errno == EINTR);
    if (p[0].revents)
        return 1;
    errno = ETIMEDOUT;
    return 0;
}

static int send_at_once(mqd_t q, const void *msg, size_t len, unsigned priority,
                        int *rc)
{
    struct timespec past = {0, 0};

    do
        *rc = mq_timedsend(q, msg, len, priority, &past);
    while (*rc == -1 && errno == EINTR);
    return *rc == 0 || errno != ETIMEDOUT;
}

int mailbox_send(mqd_t q, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    struct clock c;
    int rc;

    if (timeout_ms < 0) {
        do
            rc = mq_send(q, msg, len, urgent);
        while (rc == -1 && errno == EINTR);
        return rc;
    }
    if (send_at_once(q, msg, len, urgent, &rc) || timeout_ms == 0)
        return rc;
    if (clock_start(&c, timeout_ms) == -1)
        return -1;
    while (!send_at_once(q, msg, len, urgent, &rc) && ready(q, POLLOUT, &c))
        ;
    clock_stop(&c);
    return rc;
}

static int receive_at_once(mqd_t q, char *room, size_t size, ssize_t *n)
{
    struct timespec past = {0, 0};

    do
        *n = mq_timedreceive(q, room, size, NULL, &past);
    while (*n == -1 && errno == EINTR);
    return *n != -1 || errno != ETIMEDOUT;
}

static ssize_t receive(mqd_t q, char *room, size_t size, int timeout_ms)
{
    struct clock c;
    ssize_t n;

    if (timeout_ms < 0) {
        do
            n = mq_receive(q, room, size, NULL);
        while (n == -1 && errno == EINTR);
        return n;
    }
    if (receive_at_once(q, room, size, &n) || timeout_ms == 0)
        return n;
    if (clock_start(&c, timeout_ms) == -1)
        return -1;
    while (!receive_at_once(q, room, size, &n) && ready(q, POLLIN, &c))
        ;
    clock_stop(&c);
    return n;
}

ssize_t mailbox_recv(mqd_t q, void *buf, size_t cap, int timeout_ms)
{
    struct mq_attr a;

    mq_getattr(q, &a);
    char room[a.mq_msgsize];
    ssize_t n = receive(q, room, sizeof(room), timeout_ms);
    if (n == -1)
        return -1;
    if ((size_t)n > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    if (n > 0)
        memmove(buf, room, (size_t)n);
    return n;
}

int mailbox_remove(const char *name)
{
    return mq_unlink(name);
}
