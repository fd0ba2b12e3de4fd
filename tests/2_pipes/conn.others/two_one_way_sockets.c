/*
 * Technique: duplex is two pairs of sockets, one for each direction; waiting
 * and looking at the length with MSG_PEEK, then the message in one piece
 */
#include "conn.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int one_way(int *in, int *out)
{
    int s[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == -1)
        return -1;
    shutdown(s[0], SHUT_WR);
    *in = s[0];
    *out = s[1];
    return 0;
}

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    struct conn x = {-1, -1}, y = {-1, -1};

    if (one_way(&x.in, &y.out) == -1)
        return -1;
    if (duplex && one_way(&y.in, &x.out) == -1) {
        int error = errno;
        conn_close(&x);
        conn_close(&y);
        errno = error;
        return -1;
    }
    *a = x;
    *b = y;
    return 0;
}

static int send_all(int fd, const void *p, size_t n)
{
    const char *from = p;

    while (n > 0) {
        ssize_t r = send(fd, from, n, 0);
        if (r > 0) {
            from += r;
            n -= (size_t)r;
        } else if (errno != EINTR) {
            if (errno == ECONNRESET)
                errno = EPIPE;
            return -1;
        }
    }
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    uint64_t head = len;

    if (len > CONN_MAX)
        return errno = EMSGSIZE, -1;
    if (send_all(conn->out, &head, sizeof(head)) == -1)
        return -1;
    return send_all(conn->out, msg, len);
}

/* 1, 0 at the end, -1. */
static int recv_all(int fd, void *p, size_t n)
{
    char *to = p;
    size_t left = n;

    while (left > 0) {
        ssize_t r = recv(fd, to, left, 0);
        if (r == 0 || (r == -1 && errno == ECONNRESET)) {
            errno = EPROTO;
            return left == n ? 0 : -1;
        }
        if (r == -1 && errno != EINTR)
            return -1;
        to += r > 0 ? r : 0;
        left -= r > 0 ? (size_t)r : 0;
    }
    return 1;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    uint64_t head;
    char byte[128];
    int rc = recv_all(conn->in, &head, sizeof(head));

    if (rc < 1)
        return rc;
    if (head <= cap) {
        *len = head;
        rc = recv_all(conn->in, buf, head);
    } else {
        for (; head > 0 && rc == 1; head -= head < 128 ? head : 128)
            rc = recv_all(conn->in, byte, head < 128 ? head : 128);
        if (rc == 1)
            return errno = EMSGSIZE, -1;
    }
    return rc == 1 ? 1 : -1;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd p = {conn->in, POLLIN | POLLRDHUP, 0};
    struct timespec t;
    double end, now;
    int rc, left = timeout_ms;

    if (conn->in == -1)
        return errno = EBADF, -1;
    clock_gettime(CLOCK_MONOTONIC, &t);
    end = (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6 + timeout_ms;
    while ((rc = poll(&p, 1, left)) == -1 && errno == EINTR) {
        clock_gettime(CLOCK_MONOTONIC, &t);
        now = (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
        if (timeout_ms >= 0)
            left = end > now ? (int)(end - now) + 1 : 0;
    }
    return rc;
}

void conn_close(struct conn *conn)
{
    if (conn->in != -1)
        close(conn->in);
    if (conn->out != -1)
        close(conn->out);
    conn->in = conn->out = -1;
}
