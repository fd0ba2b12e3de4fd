/*
 * Technique: epoll_wait in milliseconds, rounded up; writev; recvmsg into
 * three parts, one byte more than the longest; CLOCK_TAI for the numbers; the
 * server peeks at the head first.
 */
#include "signal_flags.h"

#include <endian.h>
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { HEAD = 16 };

static long long ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static void head_of(unsigned char head[HEAD], const char *kind, uint64_t number,
                    size_t len)
{
    uint64_t n = htobe64(number);
    uint32_t l = htobe32((uint32_t)len);

    memcpy(head, kind, 4);
    memcpy(head + 4, &n, 8);
    memcpy(head + 12, &l, 4);
}

static int is_head(const unsigned char head[HEAD], const char *kind,
                   uint64_t *number, size_t len)
{
    uint32_t l;

    memcpy(number, head + 4, 8);
    memcpy(&l, head + 12, 4);
    *number = be64toh(*number);
    return memcmp(head, kind, 4) == 0 && be32toh(l) == len && len <= RPC_MAX;
}

static int milliseconds(long long until)
{
    long long left = until - ns(CLOCK_MONOTONIC);

    if (left <= 0)
        return 0;
    left = (left + 999999) / 1000000;
    return left > INT_MAX ? INT_MAX : (int)left;
}

/* -2: nothing that counts. */
static ssize_t reply_to(int sock, uint64_t wanted,
                        const struct sockaddr_storage *peer, socklen_t peer_len,
                        void *text)
{
    unsigned char head[HEAD], more;
    struct sockaddr_storage from = {0};
    struct iovec v[] = {{head, HEAD}, {text, RPC_MAX}, {&more, 1}};
    struct msghdr m = {.msg_name = &from,
                       .msg_namelen = sizeof(from),
                       .msg_iov = v,
                       .msg_iovlen = 3};
    uint64_t number;
    ssize_t n = recvmsg(sock, &m, MSG_DONTWAIT);

    if (n == -1)
        return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ? -2
                                                                          : -1;
    if (n < HEAD || !is_head(head, "BACK", &number, (size_t)n - HEAD) ||
        number != wanted || m.msg_namelen != peer_len ||
        memcmp(&from, peer, peer_len) != 0)
        return -2;
    return n - HEAD;
}

static ssize_t call_through(int set, int sock, const void *req, size_t len,
                            void *text, long long end)
{
    unsigned char head[HEAD];
    struct iovec v[] = {{head, HEAD}, {(void *)(uintptr_t)req, len}};
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof(peer);
    uint64_t number = (uint64_t)ns(CLOCK_TAI);
    long long wait = RPC_FIRST_MS, next = 0;
    struct epoll_event e = {.events = EPOLLIN};
    ssize_t got;

    if (getpeername(sock, (struct sockaddr *)&peer, &peer_len) == -1 ||
        epoll_ctl(set, EPOLL_CTL_ADD, sock, &e) == -1)
        return -1;
    head_of(head, "CALL", number, len);
    do {
        if (ns(CLOCK_MONOTONIC) >= next) {
            next = ns(CLOCK_MONOTONIC) + wait * 1000000;
            wait = wait * 2 <= RPC_MOST_MS ? wait * 2 : RPC_MOST_MS;
            if (writev(sock, v, 2) == -1 && errno != ECONNREFUSED &&
                errno != EINTR && errno != EAGAIN && errno != ENOBUFS)
                return -1;
        }
        int rc = epoll_wait(set, &e, 1, milliseconds(next < end ? next : end));
        if (rc == -1 && errno != EINTR)
            return -1;
        if (rc == 1 &&
            (got = reply_to(sock, number, &peer, peer_len, text)) != -2)
            return got;
    } while (ns(CLOCK_MONOTONIC) < end);
    errno = ETIMEDOUT;
    return -1;
}

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    long long end = timeout_ms < 0
                        ? LLONG_MAX
                        : ns(CLOCK_MONOTONIC) + timeout_ms * 1000000LL;
    unsigned char text[RPC_MAX];
    int set, error;
    ssize_t got;

    if (len > RPC_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if ((set = epoll_create1(EPOLL_CLOEXEC)) == -1)
        return -1;
    got = call_through(set, sock, req, len, text, end);
    error = errno;
    close(set);
    errno = error;
    if (got > 0 && (size_t)got > cap) {
        errno = EMSGSIZE;
        return -1;
    }
    if (got > 0)
        memcpy(rep, text, (size_t)got);
    return got;
}

/* ---- */

static void reply(int sock, struct rpc_client *c)
{
    unsigned char head[HEAD];
    struct iovec v[] = {{head, HEAD}, {c->reply, 0}};
    struct msghdr m = {.msg_name = &c->address,
                       .msg_namelen = c->address_len,
                       .msg_iov = v,
                       .msg_iovlen = 2};

    if (c->reply_len == -1)
        return;
    v[1].iov_len = (size_t)c->reply_len;
    head_of(head, "BACK", c->number, v[1].iov_len);
    while (sendmsg(sock, &m, MSG_NOSIGNAL) == -1 && errno == EINTR)
        continue;
}

static int execute(int sock, struct rpc_client *c, uint64_t number,
                   const void *text, size_t len, rpc_handler *handler,
                   void *context)
{
    c->number = number;
    c->reply_len = handler(text, len, c->reply, sizeof(c->reply), context);
    reply(sock, c);
    return 1;
}

int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    unsigned char bytes[HEAD + RPC_MAX + 1];
    struct sockaddr_storage from = {0};
    socklen_t len = sizeof(from);
    uint64_t number;
    ssize_t n;

    while ((n = recvfrom(sock, bytes, HEAD, MSG_PEEK, (struct sockaddr *)&from,
                         &len)) == -1)
        if (errno != EINTR)
            return -1;
    memset(bytes, 0, HEAD);
    n = recv(sock, bytes, sizeof(bytes), MSG_DONTWAIT);
    if (n < HEAD || !is_head(bytes, "CALL", &number, (size_t)n - HEAD))
        return 0;
    for (int i = 0; i < memory->clients; i++) {
        struct rpc_client *c = &memory->client[i];
        if (c->address_len != len || memcmp(&c->address, &from, len) != 0)
            continue;
        if (number > c->number)
            return execute(sock, c, number, bytes + HEAD, (size_t)n - HEAD,
                           handler, context);
        if (number == c->number)
            reply(sock, c);
        return 0;
    }
    if (memory->clients == RPC_CLIENTS)
        return 0;
    struct rpc_client *c = &memory->client[memory->clients++];
    memcpy(&c->address, &from, len);
    c->address_len = len;
    return execute(sock, c, number, bytes + HEAD, (size_t)n - HEAD, handler,
                   context);
}
