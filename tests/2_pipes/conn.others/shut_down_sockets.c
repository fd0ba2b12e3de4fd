/*
 * Technique: sockets for both kinds, one direction shut down; sendmsg, recv
 * with MSG_WAITALL, the length most significant byte first, select
 */
#include "conn.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int s[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, s) == -1)
        return -1;
    a->in = a->out = s[0];
    b->in = b->out = s[1];
    if (!duplex) {
        shutdown(s[0], SHUT_WR);
        a->out = b->in = -1;
    }
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    uint32_t head = htonl((uint32_t)len);
    struct iovec v[2] = {{&head, 4}, {(void *)(uintptr_t)msg, len}}, *p = v;
    int count = 2;

    if (len > CONN_MAX)
        return errno = EMSGSIZE, -1;
    while (count > 0) {
        struct msghdr m = {.msg_iov = p, .msg_iovlen = (size_t)count};
        ssize_t n = sendmsg(conn->out, &m, MSG_NOSIGNAL);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1) {
            if (errno == ECONNRESET)
                errno = EPIPE;
            return -1;
        }
        while (count > 0 && (size_t)n >= p->iov_len) {
            n -= (ssize_t)p++->iov_len;
            count--;
        }
        if (count > 0) {
            p->iov_base = (char *)p->iov_base + n;
            p->iov_len -= (size_t)n;
        }
    }
    return 0;
}

static size_t receive(int fd, char *p, size_t n, int *error)
{
    size_t got = 0;

    *error = 0;
    while (got < n) {
        ssize_t r = recv(fd, p + got, n - got, MSG_WAITALL);
        if (r > 0)
            got += (size_t)r;
        else if (r == 0 || errno == ECONNRESET)
            break;
        else if (errno != EINTR) {
            *error = errno;
            break;
        }
    }
    return got;
}

static int fail(int error)
{
    errno = error ? error : EPROTO;
    return -1;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    uint32_t head;
    int error;
    size_t got = receive(conn->in, (char *)&head, 4, &error);

    if (got == 0 && !error)
        return 0;
    if (got < 4)
        return fail(error);
    head = ntohl(head);
    if (head <= cap) {
        *len = head;
        return receive(conn->in, buf, head, &error) == head ? 1 : fail(error);
    }
    for (char byte[512]; head > 0; head -= (uint32_t)got) {
        got = receive(conn->in, byte, head < 512 ? head : 512, &error);
        if (got == 0)
            return fail(error);
    }
    return fail(EMSGSIZE);
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct timespec now, end;
    struct timeval t = {0, 0}, *limit = timeout_ms < 0 ? NULL : &t;
    fd_set set;
    int rc;

    if (conn->in == -1)
        return errno = EBADF, -1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        long us = (end.tv_sec - now.tv_sec) * 1000000L +
                  (end.tv_nsec - now.tv_nsec + 999) / 1000;
        us = us < 0 || timeout_ms == 0 ? 0 : us;
        t = (struct timeval){us / 1000000, us % 1000000};
        FD_ZERO(&set);
        FD_SET(conn->in, &set);
        rc = select(conn->in + 1, &set, NULL, NULL, limit);
    } while (rc == -1 && errno == EINTR);
    return rc;
}

void conn_close(struct conn *conn)
{
    int in = conn->in, out = conn->out;

    conn->in = conn->out = -1;
    if (in != -1)
        close(in);
    if (out != -1 && out != in)
        close(out);
}
