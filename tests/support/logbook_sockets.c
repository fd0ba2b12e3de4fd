/*
 * logbook_sockets.c — addresses, who has come, what a message carries.
 *
 * Before a call has come back its pointers may lead anywhere: then the kernel
 * looks, who minds nothing. What it has filled in or taken is there for sure.
 */
#include "logbook_sockets.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { MOST_CONTROL = 512, MOST_PARTS = 16 };

static bool option(int fd, int name, int *value)
{
    socklen_t length = sizeof(*value);

    return getsockopt(fd, SOL_SOCKET, name, value, &length) == 0;
}

uint32_t logbook_socket_flags(int fd)
{
    int type, listens;

    return (option(fd, SO_TYPE, &type) && type == SOCK_DGRAM ? PAGE_DATAGRAMS
                                                             : 0) |
           (option(fd, SO_ACCEPTCONN, &listens) && listens ? PAGE_LISTENS : 0);
}

static bool peek(void *to, const void *from, size_t n)
{
    struct iovec here = {to, n}, there = {(void *)from, n};

    return n == 0 ||
           process_vm_readv(getpid(), &here, 1, &there, 1, 0) == (ssize_t)n;
}

/* Byte by byte: memcpy is the sanitizers', who have looked at these. */
static void take(unsigned char *to, const void *from, size_t n)
{
    const volatile unsigned char *byte = from;

    for (size_t i = 0; i < n; i++)
        to[i] = byte[i];
}

static void note(struct page_address *a, const void *from, long length,
                 bool sure)
{
    if (!from || length <= 0 || length > (long)sizeof(a->bytes))
        return;
    if (sure)
        take(a->bytes, from, (size_t)length);
    else if (!peek(a->bytes, from, (size_t)length))
        return;
    a->length = (unsigned char)length;
}

typedef int name_call(int, struct sockaddr *, socklen_t *);

static void ask(struct page_address *a, name_call *call, int fd)
{
    struct sockaddr_storage name;
    socklen_t length = sizeof(name);

    if (call(fd, (struct sockaddr *)&name, &length) == 0)
        note(a, &name, (long)length, true);
}

/* The first of the descriptors that a message carries. */
static void note_passed(struct page_event *event, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        int fd;
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
            c->cmsg_len < CMSG_LEN(sizeof(fd)))
            continue;
        take((unsigned char *)&fd, CMSG_DATA(c), sizeof(fd));
        event->passed += (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        if (event->fd[1] < 0)
            logbook_identify(event, 1, fd);
    }
}

static void sendmsg_begins(struct page_event *event)
{
    _Alignas(struct cmsghdr) unsigned char control[MOST_CONTROL];
    struct msghdr m;

    if (!peek(&m, (const void *)event->arg[1], sizeof(m)))
        return;
    note(&event->other, m.msg_name, (long)m.msg_namelen, false);
    if (!m.msg_control || m.msg_controllen > sizeof(control) ||
        !peek(control, m.msg_control, m.msg_controllen))
        return;
    m.msg_control = control;
    note_passed(event, &m);
}

void logbook_socket_begins(struct page_event *event)
{
    switch (event->call) {
    case SEA_bind:
    case SEA_connect:
        note(&event->other, (const void *)event->arg[1], event->arg[2], false);
        break;
    case SEA_sendto:
        note(&event->other, (const void *)event->arg[4], event->arg[5], false);
        break;
    case SEA_sendmsg:
        sendmsg_begins(event);
        break;
    default:
        break;
    }
}

static void preview(struct page_event *event, const struct iovec *v, size_t n)
{
    size_t left =
        event->result < PAGE_PREVIEW ? (size_t)event->result : PAGE_PREVIEW;

    event->previewed = 0;
    for (size_t i = 0; i < n && i < MOST_PARTS && left > 0; i++) {
        size_t part = v[i].iov_len < left ? v[i].iov_len : left;
        take(event->preview + event->previewed, v[i].iov_base, part);
        event->previewed += (int)part;
        left -= part;
    }
}

static void message_ends(struct page_event *event)
{
    struct msghdr m;

    take((unsigned char *)&m, (const void *)event->arg[1], sizeof(m));
    if (event->result > 0)
        preview(event, m.msg_iov, m.msg_iovlen);
    if (event->call == SEA_sendmsg)
        return;
    note(&event->other, m.msg_name, (long)m.msg_namelen, true);
    if (m.msg_control)
        note_passed(event, &m);
}

static void whole_ends(struct page_event *event)
{
    socklen_t length = 0;

    if (event->result > 0)
        preview(event,
                &(struct iovec){(void *)event->arg[1], (size_t)event->arg[2]},
                1);
    if (event->call != SEA_recvfrom || !event->arg[4] || !event->arg[5])
        return;
    take((unsigned char *)&length, (const void *)event->arg[5], sizeof(length));
    note(&event->other, (const void *)event->arg[4], (long)length, true);
}

/* Who called connect or, seen from there, listen: the kernel knows it of a
 * Unix socket. */
static pid_t peer_of(int fd)
{
    struct ucred who = {0};
    socklen_t length = sizeof(who);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) == 0 ? who.pid
                                                                       : 0;
}

static void accept_ends(struct page_event *event)
{
    int fd = (int)event->result;

    ask(&event->own, getsockname, fd);
    ask(&event->other, getpeername, fd);
    event->peer = peer_of(fd);
}

/* A connection in the making has its own address already. The other end's
 * is the listener's, as that one wrote it: so the two can be matched. */
static void connect_ends(struct page_event *event)
{
    bool begun = event->error == EINPROGRESS || event->error == EINTR ||
                 event->error == EALREADY || event->error == EISCONN;

    if (event->error && !begun)
        return;
    if (event->other.length == 0 && !event->error)
        note(&event->other, (const void *)event->arg[1], event->arg[2], true);
    ask(&event->own, getsockname, event->fd[0]);
    ask(&event->other, getpeername, event->fd[0]);
    if (!event->error)
        event->peer = peer_of(event->fd[0]);
}

/* errno is the caller's to keep. */
void logbook_socket_ends(struct page_event *event)
{
    if (event->call == SEA_connect)
        connect_ends(event);
    if (event->error)
        return;
    switch (event->call) {
    case SEA_accept:
    case SEA_accept4:
        accept_ends(event);
        break;
    case SEA_bind:
    case SEA_listen:
        ask(&event->own, getsockname, event->fd[0]);
        break;
    case SEA_sendto:
    case SEA_recvfrom:
        whole_ends(event);
        break;
    case SEA_sendmsg:
    case SEA_recvmsg:
        message_ends(event);
        break;
    default:
        break;
    }
    /* The first message gives a socket a port, unless it has one. */
    if ((event->call == SEA_sendto || event->call == SEA_sendmsg) &&
        event->flags[0] & PAGE_DATAGRAMS)
        ask(&event->own, getsockname, event->fd[0]);
}
