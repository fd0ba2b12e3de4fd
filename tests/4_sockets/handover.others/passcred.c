/*
 * Technique: SCM_CREDENTIALS, asked for with SO_PASSCRED when a message is
 *   waited for
 */
#include "handover.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST_BYTES = 1 + FD_TAG_MAX };

/* Room for one descriptor, aligned as the kernel and the CMSG_ macros want
 * it. Because of its padding two may come; and where the caller has set
 * SO_PASSCRED, the sender's numbers come first. */
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(sizeof(struct ucred)) + CMSG_SPACE(sizeof(int))];
};

static void attach(struct msghdr *message, union control *control, int fd)
{
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(sizeof(fd));
    struct cmsghdr *rights = CMSG_FIRSTHDR(message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof(fd));
    memcpy(CMSG_DATA(rights), &fd, sizeof(fd));
}

int fd_send(int sock, int fd, const void *tag, size_t len)
{
    unsigned char size = (unsigned char)len;
    struct iovec part[] = {{&size, 1}, {(void *)tag, len}};
    struct msghdr message = {.msg_iov = part, .msg_iovlen = 2};
    union control control = {0};
    ssize_t n;

    if (len > FD_TAG_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    attach(&message, &control, fd);
    do
        n = sendmsg(sock, &message, MSG_NOSIGNAL);
    while (n == -1 && errno == EINTR);
    return n == -1 ? -1 : 0; /* so few bytes go all at once */
}

/* What has come of one message. */
struct parcel {
    unsigned char bytes[MOST_BYTES + 1]; /* more would be too many */
    size_t have;
    bool truncated; /* there were more descriptors than we got */
    int fds;        /* so many we got, */
    int fd;         /* and this one we keep; -1: none */
    struct ucred from;
};

static void take_fds(struct parcel *p, struct msghdr *message)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(message);

    for (; c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS)
            memcpy(&p->from, CMSG_DATA(c), sizeof(p->from));
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        for (size_t at = 0; CMSG_LEN(at) < c->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
            if (p->fds++ == 0)
                p->fd = fd;
            else
                close(fd);
        }
    }
    p->truncated |= message->msg_flags & MSG_CTRUNC;
}

/* One recvmsg, for up to size more bytes: how many came, 0 at the end, -1. */
static ssize_t take(int sock, struct parcel *p, size_t size)
{
    union control control;
    struct iovec part = {p->bytes + p->have, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t n;

    do {
        message.msg_control = &control;
        message.msg_controllen = sizeof(control);
        n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC);
    } while (n == -1 && errno == EINTR);
    if (n == -1)
        return errno == ECONNRESET ? 0 : -1; /* it left our bytes unread */
    take_fds(p, &message);
    p->have += (size_t)n;
    return n;
}

static bool keeps_packets_apart(int sock)
{
    int type = SOCK_STREAM;

    getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)});
    return type == SOCK_SEQPACKET;
}

/* A packet comes as a whole. Of a stream we take the length, then what it
 * says: never a byte more, the next message's descriptor would come along. */
static ssize_t take_message(int sock, struct parcel *p)
{
    if (keeps_packets_apart(sock))
        return take(sock, p, sizeof(p->bytes));
    ssize_t n = take(sock, p, 1);
    while (n > 0 && p->have < 1u + p->bytes[0])
        n = take(sock, p, 1u + p->bytes[0] - p->have);
    return n;
}

/* 0, or what is wrong with it. */
static int fault_of(const struct parcel *p, size_t cap)
{
    if (p->have == 0 && p->fds == 0)
        return ECONNRESET;
    if (p->have == 0 || p->have != 1u + p->bytes[0] || p->fds > 1)
        return EPROTO;
    if (p->fds == 0)
        return p->truncated ? EMFILE : EPROTO;
    if (p->truncated)
        return EPROTO;
    return p->bytes[0] > cap ? EMSGSIZE : 0;
}

static void pass_credentials(int sock, int on)
{
    setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on));
}

int fd_recv(int sock, void *tag, size_t cap, size_t *len, struct peer *who)
{
    struct parcel p = {.fd = -1};
    if (who)
        pass_credentials(sock, 1);
    ssize_t n = take_message(sock, &p);
    int error = n == -1 ? errno : fault_of(&p, cap);

    if (who) {
        pass_credentials(sock, 0);
        *who = (struct peer){p.from.pid, p.from.uid, p.from.gid};
    }
    if (error) {
        if (p.fd != -1)
            close(p.fd);
        errno = error;
        return -1;
    }
    *len = p.bytes[0];
    memcpy(tag, p.bytes + 1, p.bytes[0]);
    return p.fd;
}
