#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* All n bytes, or -1. A socket says ECONNRESET, once, when the peer left and
 * had not received everything: for a writer that is EPIPE, for a reader the
 * end. */
static int put(int fd, const void *buf, size_t n)
{
    const char *bytes = buf;

    for (size_t done = 0; done < n;) {
        ssize_t moved = write(fd, bytes + done, n - done);
        if (moved >= 0)
            done += (size_t)moved;
        else if (errno != EINTR) {
            errno = errno == ECONNRESET ? EPIPE : errno;
            return -1;
        }
    }
    return 0;
}

/* n bytes, or fewer at the end; -1 at an error. */
static ssize_t get(int fd, void *buf, size_t n)
{
    char *bytes = buf;
    size_t done = 0;

    while (done < n) {
        ssize_t moved = read(fd, bytes + done, n - done);
        if (moved > 0)
            done += (size_t)moved;
        else if (moved == 0 || errno == ECONNRESET)
            break;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)done;
}

/* 1: all n bytes; -1: the stream ended inside a message, or another error. */
static int get_all(int fd, void *buf, size_t n)
{
    ssize_t got = get(fd, buf, n);

    if (got == (ssize_t)n)
        return 1;
    if (got >= 0)
        errno = EPROTO;
    return -1;
}

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int end[2];
    int rc = duplex ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end)
                    : pipe2(end, O_CLOEXEC);

    if (rc == -1)
        return -1;
    *a = (struct conn){.in = end[0], .out = duplex ? end[0] : -1};
    *b = (struct conn){.in = duplex ? end[1] : -1, .out = end[1]};
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    uint32_t size = (uint32_t)len;

    if (len > CONN_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (put(conn->out, &size, sizeof(size)) == -1)
        return -1;
    return put(conn->out, msg, len);
}

/* Out of the way, so that the next message comes next. */
static int skip(int fd, size_t n)
{
    char waste[4096];

    for (size_t some; n > 0; n -= some) {
        some = n < sizeof(waste) ? n : sizeof(waste);
        if (get_all(fd, waste, some) == -1)
            return -1;
    }
    errno = EMSGSIZE;
    return -1;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    uint32_t size;
    ssize_t got = get(conn->in, &size, sizeof(size));

    if (got <= 0)
        return (int)got;
    if (got < (ssize_t)sizeof(size)) {
        errno = EPROTO;
        return -1;
    }
    if (size > cap)
        return skip(conn->in, size);
    *len = size;
    return get_all(conn->in, buf, size);
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd wanted = {.fd = conn->in, .events = POLLIN};
    int64_t end = now_ms() + timeout_ms;
    int rc;

    if (conn->in == -1) { /* poll leaves it out, and would wait for ever */
        errno = EBADF;
        return -1;
    }
    while ((rc = poll(&wanted, 1, timeout_ms)) == -1 && errno == EINTR)
        if (timeout_ms > 0) {
            int64_t left = end - now_ms();
            timeout_ms = left > 0 ? (int)left : 0;
        }
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

/*
 * The trap: a stream has an end, a message has none of its own. 0 before a
 * message is the end; 0 inside one is a peer that died while it spoke. And
 * what does not fit has to be read all the same, or what comes next is taken
 * out of its middle.
 */
