/*
 * Technique: SOCK_SEQPACKET; a message goes in packets of at most 16 KiB, and
 * the first byte of each tells whether it is the last
 */
#include "conn.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 16384, MORE = 'm', LAST = 'l' };

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int s[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == -1)
        return -1;
    *a = (struct conn){s[0], duplex ? s[0] : -1};
    *b = (struct conn){duplex ? s[1] : -1, s[1]};
    return 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    const char *p = msg;
    char packet[1 + PACKET];
    size_t n;

    if (len > CONN_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    do {
        n = len < PACKET ? len : PACKET;
        packet[0] = len > n ? MORE : LAST;
        memcpy(packet + 1, p, n);
        while (send(conn->out, packet, n + 1, MSG_NOSIGNAL) == -1)
            if (errno != EINTR) {
                errno = errno == ECONNRESET ? EPIPE : errno;
                return -1;
            }
        p += n;
        len -= n;
    } while (packet[0] == MORE);
    return 0;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    char packet[1 + PACKET];
    size_t sum = 0;
    bool first = true;

    do {
        ssize_t n = read(conn->in, packet, sizeof(packet));
        /* ECONNRESET, once: the peer left packets of ours. What it sent
         * itself comes after that. */
        if (n == -1 && (errno == EINTR || errno == ECONNRESET)) {
            packet[0] = MORE;
            continue;
        }
        if (n == -1)
            return -1;
        if (n <= 0 && first)
            return 0;
        if (n <= 0) {
            errno = EPROTO;
            return -1;
        }
        if (sum + (size_t)n - 1 <= cap)
            memcpy((char *)buf + sum, packet + 1, (size_t)n - 1);
        sum += (size_t)n - 1;
        first = false;
    } while (packet[0] == MORE);
    if (sum > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    *len = sum;
    return 1;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd p = {.fd = conn->in, .events = POLLIN};
    struct timespec from, to;
    int rc, left = timeout_ms;

    if (conn->in == -1) {
        errno = EBADF;
        return -1;
    }
    clock_gettime(CLOCK_MONOTONIC, &from);
    while ((rc = poll(&p, 1, left)) == -1 && errno == EINTR) {
        if (timeout_ms < 0)
            continue;
        clock_gettime(CLOCK_MONOTONIC, &to);
        long gone = (to.tv_sec - from.tv_sec) * 1000L +
                    (to.tv_nsec - from.tv_nsec) / 1000000;
        left = gone < timeout_ms ? timeout_ms - (int)gone : 0;
    }
    return rc;
}

void conn_close(struct conn *conn)
{
    if (conn->in >= 0)
        close(conn->in);
    if (conn->out >= 0 && conn->out != conn->in)
        close(conn->out);
    conn->in = conn->out = -1;
}
