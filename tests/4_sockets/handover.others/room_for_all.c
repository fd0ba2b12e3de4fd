/*
 * Technique: memory from malloc with room for all descriptors there may be;
 *   every one is counted, then all but one are closed
 */
#include "handover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MOST = 253 };

struct box {
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int)) +
                                          CMSG_SPACE(sizeof(struct ucred))];
    unsigned char bytes[600];
    int fd[2 * MOST], fds, lost;
};

int fd_send(int sock, int fd, const void *tag, size_t len)
{
    if (len > FD_TAG_MAX)
        return errno = EMSGSIZE, -1;
    unsigned char bytes[1 + FD_TAG_MAX] = {(unsigned char)len};
    memcpy(bytes + 1, tag, len);
    union {
        struct cmsghdr head;
        char bytes[CMSG_LEN(sizeof(int))];
    } control = {{CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
    memcpy(CMSG_DATA(&control.head), &fd, sizeof(fd));
    struct iovec part = {bytes, 1 + len};
    struct msghdr message = {0};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = CMSG_LEN(sizeof(int));
    for (;;) {
        if (sendmsg(sock, &message, MSG_NOSIGNAL) != -1)
            return 0;
        if (errno != EINTR)
            return -1;
    }
}

static ssize_t get(int sock, struct box *box, size_t from, size_t size)
{
    struct iovec part = {box->bytes + from, size};
    struct msghdr message = {0};
    ssize_t n;

    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = box->control;
    message.msg_controllen = sizeof(box->control);
    while ((n = recvmsg(sock, &message, MSG_CMSG_CLOEXEC)) == -1)
        if (errno != EINTR)
            return -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c;
         c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        size_t bytes = c->cmsg_len - CMSG_LEN(0);
        memcpy(box->fd + box->fds, CMSG_DATA(c), bytes);
        box->fds += (int)(bytes / sizeof(int));
        while (box->fds > MOST)
            close(box->fd[--box->fds]);
    }
    box->lost |= message.msg_flags & MSG_CTRUNC;
    return n;
}

static int judge(int sock, struct box *box, size_t cap)
{
    int type;
    socklen_t size = sizeof(type);
    ssize_t n, have;

    if (getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &size) == -1)
        return errno;
    have = get(sock, box, 0, type == SOCK_SEQPACKET ? 600 : 1);
    if (have == -1)
        return errno;
    if (have == 0)
        return box->fds ? EPROTO : ECONNRESET;
    while (type != SOCK_SEQPACKET && have < 1 + box->bytes[0]) {
        n = get(sock, box, (size_t)have, (size_t)(1 + box->bytes[0] - have));
        if (n <= 0)
            return n == 0 || errno == ECONNRESET ? EPROTO : errno;
        have += n;
    }
    if (have != 1 + box->bytes[0])
        return EPROTO;
    if (box->fds != 1 || box->lost)
        return box->fds == 0 && box->lost ? EMFILE : EPROTO;
    return box->bytes[0] > cap ? EMSGSIZE : 0;
}

int fd_recv(int sock, void *tag, size_t cap, size_t *len, struct peer *who)
{
    struct box *box = calloc(1, sizeof(*box));
    if (!box)
        return -1;
    int error = judge(sock, box, cap), fd = -1;
    struct ucred cred = {0};
    socklen_t size = sizeof(cred);
    if (!error && who) {
        if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &cred, &size) == -1)
            error = errno;
        who->pid = cred.pid;
        who->uid = cred.uid;
        who->gid = cred.gid;
    }
    if (!error) {
        *len = box->bytes[0];
        memcpy(tag, box->bytes + 1, *len);
        fd = box->fd[--box->fds];
    }
    while (box->fds > 0)
        close(box->fd[--box->fds]);
    free(box);
    if (error)
        errno = error;
    return fd;
}
