/*
 * Technique: the length in decimal digits and a newline, as netstrings have
 * it; header and message in one buffer from malloc, one write
 */
#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int close_on_exec(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int s[2];

    if ((duplex ? socketpair(AF_UNIX, SOCK_STREAM, 0, s) : pipe(s)) == -1)
        return -1;
    if (close_on_exec(s[0]) == -1 || close_on_exec(s[1]) == -1) {
        int error = errno;
        close(s[0]);
        close(s[1]);
        errno = error;
        return -1;
    }
    a->in = s[0];
    b->out = s[1];
    a->out = duplex ? s[0] : -1;
    b->in = duplex ? s[1] : -1;
    return 0;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t r = write(fd, p, n);
        if (r == -1 && errno == EINTR)
            continue;
        if (r == -1)
            return -1;
        p += r;
        n -= (size_t)r;
    }
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    char *text;
    int head, rc, error;

    if (len > CONN_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    text = malloc(16 + len);
    if (text == NULL)
        return -1;
    head = snprintf(text, 16, "%zu\n", len);
    memcpy(text + head, msg, len);
    rc = write_all(conn->out, text, (size_t)head + len);
    error = errno;
    free(text);
    errno = error;
    return rc;
}

static ssize_t some(int fd, char *p, size_t n)
{
    for (;;) {
        ssize_t r = read(fd, p, n);
        if (r >= 0)
            return r;
        if (errno == ECONNRESET)
            return 0;
        if (errno != EINTR)
            return -1;
    }
}

static int broken(ssize_t r)
{
    if (r == 0)
        errno = EPROTO;
    return -1;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    size_t size = 0, got = 0, digits = 0;
    char c, waste[300];
    ssize_t r;

    while ((r = some(conn->in, &c, 1)) == 1 && c != '\n') {
        size = size * 10 + (size_t)(c - '0');
        digits++;
    }
    if (r == 0 && digits == 0)
        return 0;
    if (r <= 0)
        return broken(r);
    for (; got < size; got += (size_t)r) {
        size_t n = size - got;
        if (size <= cap)
            r = some(conn->in, (char *)buf + got, n);
        else
            r = some(conn->in, waste, n < sizeof(waste) ? n : sizeof(waste));
        if (r <= 0)
            return broken(r);
    }
    if (size > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    *len = size;
    return 1;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd p = {conn->in, POLLIN | POLLHUP, 0};
    struct timespec t;
    long end = 0;
    int rc;

    if (conn->in < 0) {
        errno = EBADF;
        return -1;
    }
    clock_gettime(CLOCK_MONOTONIC, &t);
    end = t.tv_sec * 1000 + t.tv_nsec / 1000000 + timeout_ms;
    while ((rc = poll(&p, 1, timeout_ms)) < 0 && errno == EINTR)
        if (timeout_ms > 0) {
            clock_gettime(CLOCK_MONOTONIC, &t);
            long left = end - (t.tv_sec * 1000 + t.tv_nsec / 1000000);
            timeout_ms = left < 0 ? 0 : (int)left;
        }
    return rc > 0 ? 1 : rc;
}

void conn_close(struct conn *conn)
{
    int fd[2] = {conn->in, conn->out == conn->in ? -1 : conn->out};

    for (int i = 0; i < 2; i++)
        if (fd[i] >= 0)
            close(fd[i]);
    conn->in = -1;
    conn->out = -1;
}
