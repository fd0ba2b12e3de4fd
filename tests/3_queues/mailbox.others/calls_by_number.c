/*
 * Technique: the calls by number; ppoll with all signals blocked outside of
 *   it; into buf at once where that is large enough
 */
#include "mailbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

mqd_t mailbox_open(const char *name, long capacity, long message_size)
{
    struct mq_attr want = {.mq_maxmsg = capacity, .mq_msgsize = message_size};
    struct mq_attr is = {0};
    int q = (int)syscall(SYS_mq_open, name + 1, O_RDWR | O_CREAT, 0600, &want);

    if (q == -1)
        return -1;
    syscall(SYS_mq_getsetattr, q, NULL, &is);
    if (is.mq_maxmsg != capacity || is.mq_msgsize != message_size) {
        close(q);
        errno = EEXIST;
        return -1;
    }
    return q;
}

struct until {
    struct timespec end;
    int timeout_ms;
    sigset_t own;
};

static void begin(struct until *u, int timeout_ms)
{
    sigset_t all;

    u->timeout_ms = timeout_ms;
    clock_gettime(CLOCK_MONOTONIC, &u->end);
    u->end.tv_sec += timeout_ms / 1000;
    u->end.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (u->end.tv_nsec >= 1000000000L) {
        u->end.tv_sec++;
        u->end.tv_nsec -= 1000000000L;
    }
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &u->own);
}

static void finish(const struct until *u)
{
    int error = errno;

    sigprocmask(SIG_SETMASK, &u->own, NULL);
    errno = error;
}

static int wait_for(mqd_t q, short events, const struct until *u)
{
    struct pollfd p = {.fd = q, .events = events};
    struct timespec left;

    clock_gettime(CLOCK_MONOTONIC, &left);
    left.tv_sec = u->end.tv_sec - left.tv_sec;
    left.tv_nsec = u->end.tv_nsec - left.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += 1000000000L;
    }
    if (left.tv_sec < 0)
        left = (struct timespec){0, 0};
    int n = ppoll(&p, 1, u->timeout_ms < 0 ? NULL : &left, &u->own);
    if (n == 0)
        errno = ETIMEDOUT;
    return n > 0 || (n == -1 && errno == EINTR) ? 0 : -1;
}

int mailbox_send(mqd_t q, const void *msg, size_t len, bool urgent,
                 int timeout_ms)
{
    struct timespec past = {1, 0};
    struct until u;
    long rc;

    begin(&u, timeout_ms);
    do
        rc = syscall(SYS_mq_timedsend, q, msg, len, urgent ? 2 : 1, &past);
    while (rc == -1 && (errno == EINTR ||
                        (errno == ETIMEDOUT && wait_for(q, POLLOUT, &u) == 0)));
    finish(&u);
    return (int)rc;
}

ssize_t mailbox_recv(mqd_t q, void *buf, size_t cap, int timeout_ms)
{
    struct timespec past = {1, 0};
    struct mq_attr is = {0};
    struct until u;
    ssize_t n;

    if (syscall(SYS_mq_getsetattr, q, NULL, &is) == -1)
        return -1;
    size_t most = (size_t)is.mq_msgsize;
    char *own = cap < most ? malloc(most) : NULL;
    if (cap < most && !own)
        return -1;
    begin(&u, timeout_ms);
    do
        n = syscall(SYS_mq_timedreceive, q, own ? own : buf, most, NULL, &past);
    while (n == -1 && (errno == EINTR ||
                       (errno == ETIMEDOUT && wait_for(q, POLLIN, &u) == 0)));
    finish(&u);
    if (own && n >= 0 && (size_t)n > cap) {
        n = -1;
        errno = EMSGSIZE;
    }
    if (own && n > 0)
        memcpy(buf, own, (size_t)n);
    int error = errno;
    free(own);
    errno = error;
    return n;
}

int mailbox_remove(const char *name)
{
    return (int)syscall(SYS_mq_unlink, name + 1);
}
