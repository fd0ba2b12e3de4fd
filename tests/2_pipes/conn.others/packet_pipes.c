/*
 * Technique: pipes in packet mode (O_DIRECT): every write of up to PIPE_BUF
 * bytes is read by itself; the first byte tells whether more follows
 */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int p[4] = {-1, -1, -1, -1};

    if (pipe2(p, O_CLOEXEC | O_DIRECT) == -1)
        return -1;
    if (duplex && pipe2(p + 2, O_CLOEXEC | O_DIRECT) == -1) {
        int error = errno;
        close(p[0]);
        close(p[1]);
        errno = error;
        return -1;
    }
    *a = (struct conn){.in = p[0], .out = p[3]};
    *b = (struct conn){.in = p[2], .out = p[1]};
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    char packet[PIPE_BUF];
    const char *from = msg;
    size_t n;

    if (len > CONN_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    do {
        n = len < PIPE_BUF - 1 ? len : PIPE_BUF - 1;
        packet[0] = len > n;
        memcpy(packet + 1, from, n);
        while (write(conn->out, packet, n + 1) == -1)
            if (errno != EINTR)
                return -1;
        from += n;
        len -= n;
    } while (packet[0]);
    return 0;
}

/* The size of a packet, 0 at the end, or -1. */
static ssize_t next_packet(int fd, char packet[PIPE_BUF])
{
    ssize_t n;

    do
        n = read(fd, packet, PIPE_BUF);
    while (n == -1 && errno == EINTR);
    return n;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    char packet[PIPE_BUF];
    size_t sum = 0;
    ssize_t n = next_packet(conn->in, packet);

    if (n <= 0)
        return (int)n;
    for (;;) {
        if (sum + (size_t)n - 1 <= cap)
            memcpy((char *)buf + sum, packet + 1, (size_t)n - 1);
        sum += (size_t)n - 1;
        if (!packet[0])
            break;
        n = next_packet(conn->in, packet);
        if (n <= 0) {
            errno = n == 0 ? EPROTO : errno;
            return -1;
        }
    }
    *len = sum;
    if (sum <= cap)
        return 1;
    errno = EMSGSIZE;
    return -1;
}

static struct timespec left_until(struct timespec end)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec = end.tv_sec - t.tv_sec;
    t.tv_nsec = end.tv_nsec - t.tv_nsec;
    for (; t.tv_nsec < 0; t.tv_nsec += 1000000000)
        t.tv_sec--;
    for (; t.tv_nsec >= 1000000000; t.tv_nsec -= 1000000000)
        t.tv_sec++;
    return t.tv_sec < 0 ? (struct timespec){0, 0} : t;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd p = {.fd = conn->in, .events = POLLIN};
    struct timespec end, left = {0, 0};
    int rc;

    if (conn->in == -1) {
        errno = EBADF;
        return -1;
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    do {
        if (timeout_ms > 0)
            left = left_until(end);
        rc = ppoll(&p, 1, timeout_ms < 0 ? NULL : &left, NULL);
    } while (rc == -1 && errno == EINTR);
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
