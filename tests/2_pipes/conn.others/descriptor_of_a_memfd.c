/*
 * Technique: small messages in a SOCK_SEQPACKET packet; a large one is put
 * into a memfd, and its descriptor is sent
 */
#include "conn.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { SMALL = 8192 };

int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    int s[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, s) == -1)
        return -1;
    *a = (struct conn){.in = s[0], .out = duplex ? s[0] : -1};
    *b = (struct conn){.in = duplex ? s[1] : -1, .out = s[1]};
    return 0;
}

/* The message in a memfd, or -1. */
static int stored(const char *msg, size_t len)
{
    int fd = memfd_create("message", MFD_CLOEXEC);
    size_t done = 0;

    while (fd != -1 && done < len) {
        ssize_t n = write(fd, msg + done, len - done);
        if (n == -1 && errno != EINTR) {
            close(fd);
            return -1;
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return fd;
}

static int post(int to, struct iovec v[2], int fd)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control = {.room = ""};
    struct msghdr m = {.msg_iov = v, .msg_iovlen = 2};
    ssize_t n;

    if (fd != -1) {
        m.msg_control = control.room;
        m.msg_controllen = sizeof(control.room);
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
    }
    while ((n = sendmsg(to, &m, MSG_NOSIGNAL)) == -1 && errno == EINTR)
        ;
    return n == -1 ? -1 : 0;
}

int conn_send(struct conn *conn, const void *msg, size_t len)
{
    uint32_t size = (uint32_t)len;
    struct iovec v[2] = {{&size, sizeof(size)},
                         {(void *)(uintptr_t)msg, len <= SMALL ? len : 0}};
    int rc, error, fd = -1;

    if (len > CONN_MAX)
        return errno = EMSGSIZE, -1;
    if (conn->out == -1)
        return errno = EBADF, -1;
    if (len > SMALL && (fd = stored(msg, len)) == -1)
        return -1;
    rc = post(conn->out, v, fd);
    error = errno == ECONNRESET ? EPIPE : errno;
    if (fd != -1)
        close(fd);
    errno = error;
    return rc;
}

static int fetch(int fd, char *buf, size_t size)
{
    size_t done = 0;

    while (done < size) {
        ssize_t n = pread(fd, buf + done, size - done, (off_t)done);
        if (n == 0 || (n == -1 && errno != EINTR))
            return -1;
        done += n > 0 ? (size_t)n : 0;
    }
    return 1;
}

int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    char packet[4 + SMALL];
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control;
    struct iovec v = {packet, sizeof(packet)};
    struct msghdr m = {.msg_iov = &v,
                       .msg_iovlen = 1,
                       .msg_control = control.room,
                       .msg_controllen = sizeof(control.room)};
    uint32_t size;
    ssize_t n;
    int rc = 1, fd = -1;

    while ((n = recvmsg(conn->in, &m, MSG_CMSG_CLOEXEC)) == -1 &&
           (errno == EINTR || errno == ECONNRESET))
        ; /* ECONNRESET comes once, before what the peer has sent */
    if (n <= 0)
        return (int)n;
    memcpy(&size, packet, sizeof(size));
    if (CMSG_FIRSTHDR(&m))
        memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
    if (size > cap)
        rc = -1;
    else if (fd != -1)
        rc = fetch(fd, buf, size);
    else
        memcpy(buf, packet + 4, size);
    if (fd != -1)
        close(fd);
    if (size > cap)
        errno = EMSGSIZE;
    *len = size;
    return rc;
}

int conn_poll(struct conn *conn, int timeout_ms)
{
    struct pollfd p = {.fd = conn->in, .events = POLLIN};
    struct timespec end, now, left;
    int rc;

    if (conn->in == -1)
        return errno = EBADF, -1;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    do {
        clock_gettime(CLOCK_MONOTONIC, &now);
        int64_t ns = (int64_t)(end.tv_sec - now.tv_sec) * 1000000000 +
                     end.tv_nsec - now.tv_nsec;
        ns = ns < 0 || timeout_ms == 0 ? 0 : ns;
        left = (struct timespec){ns / 1000000000, ns % 1000000000};
        rc = ppoll(&p, 1, timeout_ms < 0 ? NULL : &left, NULL);
    } while (rc == -1 && errno == EINTR);
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
