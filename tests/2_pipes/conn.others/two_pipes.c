/*
 * Technique: two pipes for duplex; the length and the message in one writev
 */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static void close_both(const int p[2])
{
    int error = errno;

    close(p[0]);
    close(p[1]);
    errno = error;
}

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int to_a[2], to_b[2] = {-1, -1};

    if (pipe2(to_a, O_CLOEXEC) == -1)
        return -1;
    if (duplex && pipe2(to_b, O_CLOEXEC) == -1) {
        close_both(to_a);
        return -1;
    }
    a->in = to_a[0];
    a->out = to_b[1];
    b->in = to_b[0];
    b->out = to_a[1];
    return 0;
}

static void advance(struct iovec v[2], size_t n)
{
    for (int i = 0; i < 2; i++) {
        size_t part = n < v[i].iov_len ? n : v[i].iov_len;
        v[i].iov_base = (char *)v[i].iov_base + part;
        v[i].iov_len -= part;
        n -= part;
    }
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    uint32_t size = (uint32_t)len;
    struct iovec v[2] = {{&size, sizeof(size)}, {(void *)(uintptr_t)msg, len}};

    if (len > CONN_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    while (v[0].iov_len + v[1].iov_len > 0) {
        ssize_t n = writev(conn->out, v, 2);
        if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0)
            advance(v, (size_t)n);
    }
    return 0;
}

/* 1: all; 0: the end at once; -1: the end inside, or an error. */
static int take(int fd, char *p, size_t n)
{
    size_t left = n;

    while (left > 0) {
        ssize_t r = read(fd, p, left);
        if (r == 0 && left == n)
            return 0;
        if (r == 0) {
            errno = EPROTO;
            return -1;
        }
        if (r == -1 && errno != EINTR)
            return -1;
        if (r > 0) {
            p += r;
            left -= (size_t)r;
        }
    }
    return 1;
}

static int take_rest(int fd, char *p, size_t n)
{
    int rc = take(fd, p, n);

    if (rc == 0)
        errno = EPROTO;
    return rc == 0 ? -1 : rc;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    char waste[1024];
    uint32_t size;
    int rc = take(conn->in, (char *)&size, sizeof(size));

    if (rc != 1)
        return rc;
    if (size <= cap) {
        *len = size;
        return take_rest(conn->in, buf, size);
    }
    for (size_t some; size > 0 && rc == 1; size -= (uint32_t)some) {
        some = size < sizeof(waste) ? size : sizeof(waste);
        rc = take_rest(conn->in, waste, some);
    }
    if (rc == 1)
        errno = EMSGSIZE;
    return -1;
}

static long long now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd p = {.fd = conn->in, .events = POLLIN};
    long long end = now() + timeout_ms * 1000000LL;
    struct timespec t = {0, 0}, *limit = timeout_ms < 0 ? NULL : &t;
    int rc;

    if (conn->in < 0) {
        errno = EBADF;
        return -1;
    }
    do {
        long long left = end - now();
        if (left < 0 || timeout_ms == 0)
            left = 0;
        t = (struct timespec){left / 1000000000, left % 1000000000};
        rc = ppoll(&p, 1, limit, NULL);
    } while (rc == -1 && errno == EINTR);
    return rc;
}

void conn_close(struct conn *conn)
{
    if (conn->in >= 0)
        close(conn->in);
    if (conn->out >= 0)
        close(conn->out);
    *conn = (struct conn){-1, -1};
}
