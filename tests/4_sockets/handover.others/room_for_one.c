/*
 * Technique: a control buffer for exactly one descriptor: the kernel closes
 *   the others. The tag is taken with read, which drops what comes with it
 */
#include "handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* On a stream the tag may follow with a send of its own. */
static int send_all(int sock, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = send(sock, bytes, size, MSG_NOSIGNAL);
        if (n == -1 && errno != EINTR)
            return -1;
        if (n > 0)
            bytes += n, size -= (size_t)n;
    }
    return 0;
}

static int is_stream(int sock)
{
    int type = 0;
    socklen_t size = sizeof(type);

    getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &size);
    return type == SOCK_STREAM;
}

int fd_send(int sock, int fd, const void *tag, size_t len)
{
    unsigned char size = (unsigned char)len;
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {0};
    struct iovec part[2] = {{&size, 1}, {(void *)tag, len}};
    int stream = is_stream(sock);
    struct msghdr message = {.msg_iov = part,
                             .msg_iovlen = stream ? 1 : 2,
                             .msg_control = control,
                             .msg_controllen = sizeof(control)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    ssize_t n;

    if (len > FD_TAG_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    *(int *)(void *)CMSG_DATA(c) = fd;
    while ((n = sendmsg(sock, &message, MSG_NOSIGNAL)) == -1 && errno == EINTR)
        ;
    return n == -1 || !stream ? (int)(n > 0 ? 0 : n) : send_all(sock, tag, len);
}

/* The rest of a stream's message. */
static int read_all(int sock, unsigned char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = read(sock, bytes, size);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0) {
            errno = n == 0 ? EPROTO : errno;
            return -1;
        }
        bytes += n, size -= (size_t)n;
    }
    return 0;
}

/* The descriptor; -1: none came; -2: more than one. */
static int descriptor_in(struct msghdr *message)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);
    int fd = -1;

    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    if (fd != -1 && message->msg_flags & MSG_CTRUNC) {
        close(fd);
        return -2;
    }
    return fd;
}

int fd_recv(int sock, void *tag, size_t cap, size_t *len, struct peer *who)
{
    unsigned char bytes[1 + FD_TAG_MAX];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    int stream = is_stream(sock);
    struct iovec part = {bytes, stream ? 1 : sizeof(bytes)};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;

    do {
        message.msg_control = control;
        message.msg_controllen = CMSG_LEN(sizeof(int)); /* padding is room */
        n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
    } while (n == -1 && errno == EINTR);
    if (n == -1)
        return -1;
    int fd = descriptor_in(&message), error = 0;
    if (n == 0)
        error = fd == -1 ? ECONNRESET : EPROTO;
    else if (stream && read_all(sock, bytes + 1, bytes[0]) == -1)
        error = errno == ECONNRESET ? EPROTO : errno;
    else if (!stream && (message.msg_flags & MSG_TRUNC || n != 1 + bytes[0]))
        error = EPROTO;
    else if (fd == -1)
        error = message.msg_flags & MSG_CTRUNC ? EMFILE : EPROTO;
    else if (fd == -2)
        error = EPROTO;
    else if (bytes[0] > cap)
        error = EMSGSIZE;
    struct ucred cred;
    socklen_t size = sizeof(cred);
    if (!error && who) {
        getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size);
        *who = (struct peer){cred.pid, cred.uid, cred.gid};
    }
    if (error) {
        if (fd >= 0)
            close(fd);
        errno = error;
        return -1;
    }
    memcpy(tag, bytes + 1, bytes[0]);
    *len = bytes[0];
    return fd;
}
