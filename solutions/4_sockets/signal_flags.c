#include "signal_flags.h"

#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

enum { HEAD = 16, NS_PER_MS = 1000000 };

struct datagram {
    struct sockaddr_storage from;
    socklen_t from_len;
    uint64_t number;
    size_t len; /* of the message */
    unsigned char head[HEAD], message[RPC_MAX];
};

/* ---- datagrams ----------------------------------------------------------- */

/* Whole, or not at all; never sleeps, for a deadline may be near. */
static ssize_t put(int sock, struct msghdr *to, const char *kind,
                   uint64_t number, const void *message, size_t len)
{
    unsigned char head[HEAD];
    struct iovec parts[] = {{head, HEAD}, {(void *)(uintptr_t)message, len}};

    number = htobe64(number);
    memcpy(head, kind, 4);
    memcpy(head + 4, &number, 8);
    memcpy(head + 12, &(uint32_t){htobe32((uint32_t)len)}, 4);
    to->msg_iov = parts;
    to->msg_iovlen = 2;
    return sendmsg(sock, to, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* What arrived, n bytes, has to say what it is and how long, and be so. */
static bool is_sound(struct datagram *d, size_t n, const char *kind)
{
    uint32_t len;

    if (n < HEAD || memcmp(d->head, kind, 4) != 0)
        return false;
    memcpy(&d->number, d->head + 4, 8);
    memcpy(&len, d->head + 12, 4);
    d->number = be64toh(d->number);
    d->len = be32toh(len);
    return d->len == n - HEAD;
}

/* 1: a datagram of this kind; 0: another one, which is gone; -1: none. */
static int get(int sock, struct datagram *d, const char *kind, int flags)
{
    struct iovec parts[] = {{d->head, HEAD}, {d->message, RPC_MAX}};
    struct msghdr m = {.msg_name = &d->from,
                       .msg_namelen = sizeof(d->from),
                       .msg_iov = parts,
                       .msg_iovlen = 2};
    ssize_t n;

    while ((n = recvmsg(sock, &m, flags)) == -1)
        if (errno != EINTR)
            return -1;
    d->from_len = m.msg_namelen;
    return !(m.msg_flags & MSG_TRUNC) && is_sound(d, (size_t)n, kind);
}

static bool same_address(const struct sockaddr_storage *a, socklen_t a_len,
                         const struct sockaddr_storage *b, socklen_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* ---- the client ---------------------------------------------------------- */

struct call {
    int sock;
    struct sockaddr_storage peer;
    socklen_t peer_len;
    uint64_t number;
    struct datagram reply;
};

static int64_t now_ns(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* Full buffers and a server that is away lose a datagram: what else is new? */
static bool is_loss(int error)
{
    return error == ECONNREFUSED || error == EAGAIN || error == ENOBUFS;
}

static int wait_until(int sock, int64_t when)
{
    struct pollfd wanted = {.fd = sock, .events = POLLIN};
    int64_t left = when - now_ns(CLOCK_MONOTONIC);
    struct timespec t = {.tv_sec = left / 1000000000,
                         .tv_nsec = left % 1000000000};

    if (left <= 0)
        t = (struct timespec){0};
    return ppoll(&wanted, 1, &t, NULL);
}

/* 1: the reply is in call->reply; 0: none came until then. A connected socket
 * may still hold what somebody else sent before it was connected. */
static int reply_until(struct call *call, int64_t when)
{
    struct datagram *r = &call->reply;
    int rc;

    do {
        if ((rc = wait_until(call->sock, when)) > 0)
            rc = get(call->sock, r, "BACK", MSG_DONTWAIT);
        if (rc == 1 && r->number == call->number &&
            same_address(&r->from, r->from_len, &call->peer, call->peer_len))
            return 1;
        if (rc == -1 && errno != EINTR && !is_loss(errno))
            return -1;
    } while (now_ns(CLOCK_MONOTONIC) < when);
    return 0;
}

static ssize_t deliver(const struct datagram *reply, void *rep, size_t cap)
{
    if (reply->len > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(rep, reply->message, reply->len);
    return (ssize_t)reply->len;
}

/* Again and again, until there is a reply (1), no time left (0), or -1. */
static int converse(struct call *call, const void *req, size_t len, int64_t end)
{
    int64_t wait = RPC_FIRST_MS;
    int rc = 0;

    do {
        int64_t next = now_ns(CLOCK_MONOTONIC) + wait * NS_PER_MS;
        struct msghdr to = {0};
        if (put(call->sock, &to, "CALL", call->number, req, len) == -1 &&
            !is_loss(errno))
            return -1;
        rc = reply_until(call, next < end ? next : end);
        wait = wait * 2 < RPC_MOST_MS ? wait * 2 : RPC_MOST_MS;
    } while (rc == 0 && now_ns(CLOCK_MONOTONIC) < end);
    return rc;
}

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    struct call call = {.sock = sock, .peer_len = sizeof(call.peer)};
    int64_t end = now_ns(CLOCK_MONOTONIC) + (int64_t)timeout_ms * NS_PER_MS;
    int rc;

    if (len > RPC_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (getpeername(sock, (struct sockaddr *)&call.peer, &call.peer_len) == -1)
        return -1;
    call.number = (uint64_t)now_ns(CLOCK_REALTIME);
    rc = converse(&call, req, len, timeout_ms < 0 ? INT64_MAX : end);
    if (rc == 1)
        return deliver(&call.reply, rep, cap);
    if (rc == 0)
        errno = ETIMEDOUT;
    return -1;
}

/* ---- the server ---------------------------------------------------------- */

static struct rpc_client *find(struct rpc_memory *memory,
                               const struct datagram *call)
{
    for (int i = 0; i < memory->clients; i++) {
        struct rpc_client *c = &memory->client[i];
        if (same_address(&c->address, c->address_len, &call->from,
                         call->from_len))
            return c;
    }
    return NULL;
}

static struct rpc_client *add(struct rpc_memory *memory,
                              const struct datagram *call)
{
    struct rpc_client *c;

    if (memory->clients == RPC_CLIENTS)
        return NULL;
    c = &memory->client[memory->clients++];
    memcpy(&c->address, &call->from, call->from_len);
    c->address_len = call->from_len;
    return c;
}

/* If it is lost, the client will ask again. */
static void send_reply(int sock, struct rpc_client *c)
{
    struct msghdr to = {.msg_name = &c->address, .msg_namelen = c->address_len};

    if (c->reply_len >= 0)
        put(sock, &to, "BACK", c->number, c->reply, (size_t)c->reply_len);
}

int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    struct datagram call;
    int rc = get(sock, &call, "CALL", 0);

    if (rc != 1)
        return rc;
    struct rpc_client *c = find(memory, &call);
    if (c && call.number <= c->number) {
        if (call.number == c->number)
            send_reply(sock, c);
        return 0;
    }
    if (!c && !(c = add(memory, &call)))
        return 0;
    c->number = call.number;
    c->reply_len = handler(call.message, call.len, c->reply, RPC_MAX, context);
    send_reply(sock, c);
    return 1;
}

/*
 * The trap: silence has two meanings. Was it the call that was lost, or the
 * reply? The client cannot know and has to ask again; so the server has to
 * know that it is asked again, and to say the same words. A number for each
 * call and a memory for each client are all it takes, and neither works
 * without the other.
 */
