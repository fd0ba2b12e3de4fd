/*
 * sea_sockets.c — messages and addresses.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "belongings.h"
#include "legal.h"
#include "sea_call.h"

/* What has come or gone in one piece. */
static ssize_t moved(struct sailing *s, ssize_t r, const void *buf, size_t n)
{
    sea_saw(s, &(struct iovec){(void *)buf, n}, 1, r);
    sea_arrive(s, r, r < 0 ? errno : 0);
    return r;
}

#define MESSAGE(name, pointer)                                                 \
    ssize_t sea_##name(int, pointer, size_t, int);                             \
    ssize_t sea_##name(int fd, pointer buf, size_t n, int flags)               \
    {                                                                          \
        struct sailing s = DEPART(name, fd, (long)buf, (long)n, flags);        \
        if (s.injected)                                                        \
            return -1;                                                         \
        return moved(&s, name(fd, buf, sea_cut(&s, n), flags), buf, n);        \
    }
MESSAGE(send, const void *)
MESSAGE(recv, void *)

ssize_t sea_sendto(int, const void *, size_t, int, const struct sockaddr *,
                   socklen_t);
ssize_t sea_sendto(int fd, const void *buf, size_t n, int flags,
                   const struct sockaddr *to, socklen_t length)
{
    struct sailing s =
        DEPART(sendto, fd, (long)buf, (long)n, flags, (long)to, (long)length);

    if (s.injected)
        return -1;
    return moved(&s, sendto(fd, buf, sea_cut(&s, n), flags, to, length), buf,
                 n);
}

ssize_t sea_recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *);
ssize_t sea_recvfrom(int fd, void *buf, size_t n, int flags,
                     struct sockaddr *from, socklen_t *length)
{
    struct sailing s = DEPART(recvfrom, fd, (long)buf, (long)n, flags,
                              (long)from, (long)length);

    if (s.injected)
        return -1;
    return moved(&s, recvfrom(fd, buf, sea_cut(&s, n), flags, from, length),
                 buf, n);
}

/* Of a message the parts; descriptors go with the first byte. */
static struct msghdr cut_message(const struct sailing *s,
                                 const struct msghdr *whole,
                                 struct iovec room[CUT_PARTS])
{
    struct msghdr part = *whole;
    size_t bytes = s->shorten ? legal_short(s->call, s->arg) : 0;

    if (bytes == 0)
        return part;
    part.msg_iov = room;
    part.msg_iovlen = (size_t)sea_cut_vector(room, whole->msg_iov,
                                             (int)whole->msg_iovlen, bytes);
    return part;
}

static ssize_t moved_message(struct sailing *s, ssize_t r,
                             const struct msghdr *part)
{
    if (r > 0)
        sea_saw(s, part->msg_iov, (int)part->msg_iovlen, r);
    sea_arrive(s, r, r < 0 ? errno : 0);
    return r;
}

ssize_t sea_sendmsg(int, const struct msghdr *, int);
ssize_t sea_sendmsg(int fd, const struct msghdr *whole, int flags)
{
    struct sailing s = DEPART(sendmsg, fd, (long)whole, flags);
    struct iovec room[CUT_PARTS];
    struct msghdr part;

    if (s.injected)
        return -1;
    if (!s.shorten)
        return moved_message(&s, sendmsg(fd, whole, flags), whole);
    part = cut_message(&s, whole, room);
    return moved_message(&s, sendmsg(fd, &part, flags), &part);
}

ssize_t sea_recvmsg(int, struct msghdr *, int);
ssize_t sea_recvmsg(int fd, struct msghdr *whole, int flags)
{
    struct sailing s = DEPART(recvmsg, fd, (long)whole, flags);
    struct iovec room[CUT_PARTS];
    struct msghdr part;
    ssize_t r;

    if (s.injected)
        return -1;
    if (!s.shorten)
        return moved_message(&s, recvmsg(fd, whole, flags), whole);
    part = cut_message(&s, whole, room);
    r = recvmsg(fd, &part, flags);
    whole->msg_namelen = part.msg_namelen;
    whole->msg_controllen = part.msg_controllen;
    whole->msg_flags = part.msg_flags;
    return moved_message(&s, r, &part);
}

static bool is_local(int fd)
{
    int domain = -1;
    socklen_t size = sizeof(domain);

    return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
           domain == AF_UNIX;
}

/* A connect of TCP that a signal interrupts goes on by itself: the same as
 * one that was never waited for. */
static int connect_unattended(int fd, const struct sockaddr *at,
                              socklen_t length)
{
    int flags = fcntl(fd, F_GETFL), r, error;

    fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    r = connect(fd, at, length);
    error = errno == EINPROGRESS || errno == EALREADY ? EINTR : errno;
    fcntl(fd, F_SETFL, flags);
    errno = error;
    return r;
}

int sea_connect(int, const struct sockaddr *, socklen_t);
int sea_connect(int fd, const struct sockaddr *at, socklen_t length)
{
    struct sailing s = DEPART(connect, fd, (long)at, (long)length);
    int r;

    if (s.injected && (s.error != EINTR || is_local(fd))) {
        errno = s.error;
        return -1;
    }
    r = s.injected ? connect_unattended(fd, at, length)
                   : connect(fd, at, length);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}

static void note_bound(const struct sockaddr *at, socklen_t length)
{
    const struct sockaddr_un *un = (const struct sockaddr_un *)at;
    size_t head = offsetof(struct sockaddr_un, sun_path);
    char path[sizeof(un->sun_path) + 1] = {0};

    if (at->sa_family != AF_UNIX || length <= head || !un->sun_path[0])
        return;
    memcpy(path, un->sun_path, length - head);
    name_made("file", path);
}

int sea_bind(int, const struct sockaddr *, socklen_t);
int sea_bind(int fd, const struct sockaddr *at, socklen_t length)
{
    struct sailing s = DEPART(bind, fd, (long)at, (long)length);
    int r;

    if (s.injected)
        return -1;
    r = bind(fd, at, length);
    if (r == 0)
        note_bound(at, length);
    sea_arrive(&s, r, r < 0 ? errno : 0);
    return r;
}
