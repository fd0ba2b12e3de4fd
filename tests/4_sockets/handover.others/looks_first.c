/*
 * Technique: MSG_PEEK tells the length, then one recvmsg scatters the
 *   message over the length, the tag and a place for what does not fit
 */
#include "handover.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

union buffer {
    long long align;
    char room[CMSG_SPACE(16 * sizeof(int))];
};

int fd_send(int sock, int fd, const void *tag, size_t len)
{
    union buffer buffer;
    char size = (char)len;
    struct iovec part[2] = {{&size, 1}, {(void *)tag, len}};
    struct msghdr message = {NULL, 0, part, 2, &buffer, 0, 0};

    if (len > FD_TAG_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    memset(&buffer, 0, sizeof(buffer));
    message.msg_controllen = CMSG_SPACE(sizeof(int));
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_len = CMSG_LEN(sizeof(int));
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    memcpy(CMSG_DATA(c), &fd, sizeof(int));
again:
    if (sendmsg(sock, &message, MSG_NOSIGNAL) >= 0)
        return 0;
    if (errno == EINTR)
        goto again;
    return -1;
}

/* What is still to come of a vector. */
static void advance(struct msghdr *message, size_t n)
{
    struct iovec *v = message->msg_iov;

    for (size_t i = 0; i < message->msg_iovlen; i++) {
        size_t now = n < v[i].iov_len ? n : v[i].iov_len;
        v[i].iov_base = (char *)v[i].iov_base + now;
        v[i].iov_len -= now;
        n -= now;
    }
}

static int first_of(struct msghdr *message, int fd, int *count)
{
    struct cmsghdr *c;

    for (c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        int *have = (int *)(void *)CMSG_DATA(c);
        int more = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < more; i++)
            if (fd == -1)
                fd = have[i];
            else
                close(have[i]);
        *count += more;
    }
    if (message->msg_flags & MSG_CTRUNC)
        *count += *count ? 1000 : -1;
    return fd;
}

static ssize_t again(int sock, struct msghdr *message, int flags)
{
    size_t room = message->msg_controllen;
    ssize_t n;

    do {
        message->msg_controllen = room;
        n = recvmsg(sock, message, flags);
    } while (n < 0 && errno == EINTR);
    return n;
}

int fd_recv(int sock, void *tag, size_t cap, size_t *len, struct peer *who)
{
    unsigned char size = 0, rest[FD_TAG_MAX], one_more;
    union buffer buffer;
    int type = 0, fd = -1, count = 0, error = 0;
    struct iovec part[4] = {{&size, 1}};
    struct msghdr message = {.msg_iov = part, .msg_iovlen = 1};
    ssize_t n = again(sock, &message, MSG_PEEK);

    if (n < 0)
        return -1;
    getsockopt(sock, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){sizeof(type)});
    size_t keep = size < cap ? size : cap, want = 1u + size, have = 0;
    part[1] = (struct iovec){tag, keep};
    part[2] = (struct iovec){rest, size - keep};
    part[3] = (struct iovec){&one_more, type == SOCK_SEQPACKET};
    message.msg_iovlen = 4;
    do {
        message.msg_control = &buffer;
        message.msg_controllen = sizeof(buffer);
        n = again(sock, &message, MSG_CMSG_CLOEXEC);
        if (n < 0)
            break;
        fd = first_of(&message, fd, &count);
        have += (size_t)n;
        advance(&message, (size_t)n);
    } while (n > 0 && type == SOCK_STREAM && have < want);
    if (n < 0 && !(errno == ECONNRESET && have))
        error = errno;
    else if (have == 0 && count == 0)
        error = ECONNRESET;
    else if (have != want || count > 1 || count == 0)
        error = EPROTO;
    else if (count < 0)
        error = EMFILE;
    else if (size > cap)
        error = EMSGSIZE;
    if (error) {
        if (fd != -1)
            close(fd);
        errno = error;
        return -1;
    }
    *len = size;
    struct ucred is;
    if (who && getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &is,
                          &(socklen_t){sizeof(is)}) == 0)
        who->pid = is.pid, who->uid = is.uid, who->gid = is.gid;
    return fd;
}
