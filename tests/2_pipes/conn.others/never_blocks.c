/*
 * Technique: non-blocking descriptors; every wait is a poll; parts with a
 * length of 16 bits each, the top bit says that more follows
 */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PART = 4000, MORE = 0x8000 };

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int s[2];
    int rc = duplex
                 ? socketpair(AF_UNIX,
                              SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, s)
                 : pipe2(s, O_CLOEXEC | O_NONBLOCK);

    if (rc == 0) {
        *a = (struct conn){s[0], duplex ? s[0] : -1};
        *b = (struct conn){duplex ? s[1] : -1, s[1]};
    }
    return rc;
}

static int again(int fd, short event)
{
    struct pollfd p = {fd, event, 0};

    if (errno == EINTR)
        return 1;
    return errno == EAGAIN && (poll(&p, 1, -1) >= 0 || errno == EINTR);
}

static int put(int fd, const char *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        ssize_t r = write(fd, p + i, n - i);
        if (r == -1 && !again(fd, POLLOUT))
            return -1;
        i += r > 0 ? (size_t)r : 0;
    }
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    char part[2 + PART];
    size_t n;

    if (len > CONN_MAX)
        return errno = EMSGSIZE, -1;
    do {
        n = len > PART ? PART : len;
        uint16_t head = (uint16_t)(n | (len > n ? MORE : 0));
        memcpy(part, &head, 2);
        memcpy(part + 2, msg, n);
        if (put(conn->out, part, 2 + n) == -1)
            return -1;
        msg = (const char *)msg + n;
        len -= n;
        n = head & MORE;
    } while (n);
    return 0;
}

static ssize_t get(int fd, char *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        ssize_t r = read(fd, p + i, n - i);
        if (r == 0 || (r == -1 && errno == ECONNRESET))
            break;
        if (r == -1 && !again(fd, POLLIN))
            return -1;
        i += r > 0 ? (size_t)r : 0;
    }
    return (ssize_t)i;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    size_t sum = 0;
    uint16_t head = MORE;
    char part[PART];

    for (bool first = true; head & MORE; first = false) {
        ssize_t r = get(conn->in, (char *)&head, 2);
        if (r == -1)
            return -1;
        if (r == 0 && first)
            return 0;
        size_t n = r == 2 ? head & ~MORE : 1;
        if (r < 2 || get(conn->in, part, n) < (ssize_t)n)
            return errno = EPROTO, -1;
        if (sum + n <= cap)
            memcpy((char *)buf + sum, part, n);
        sum += n;
    }
    if (sum > cap)
        return errno = EMSGSIZE, -1;
    *len = sum;
    return 1;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct epoll_event e = {.events = EPOLLIN};
    int watch, rc, left = timeout_ms;
    struct timespec from, now;

    if (conn->in == -1)
        return errno = EBADF, -1;
    if ((watch = epoll_create1(EPOLL_CLOEXEC)) == -1)
        return -1;
    epoll_ctl(watch, EPOLL_CTL_ADD, conn->in, &e);
    clock_gettime(CLOCK_MONOTONIC, &from);
    while ((rc = epoll_wait(watch, &e, 1, left)) == -1 && errno == EINTR) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long gone = (now.tv_sec - from.tv_sec) * 1000L +
                    (now.tv_nsec - from.tv_nsec) / 1000000;
        if (timeout_ms > 0)
            left = gone < timeout_ms ? timeout_ms - (int)gone : 0;
    }
    int error = errno;
    close(watch);
    errno = error;
    return rc;
}

void conn_close(struct conn *conn)
{
    if (conn->in != -1)
        close(conn->in);
    if (conn->out != -1 && conn->out != conn->in)
        close(conn->out);
    conn->in = conn->out = -1;
}
