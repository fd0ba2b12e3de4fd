/*
 * Technique: the shortest: poll, send and recvfrom, one buffer with one byte
 * more than the longest datagram has, milliseconds, and a blocking send.
 */
#include "signal_flags.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

static long long ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static size_t build(char *p, const char *kind, uint64_t number,
                    const void *text, size_t len)
{
    uint64_t n = htobe64(number);
    uint32_t l = htonl((uint32_t)len);

    memcpy(p, kind, 4);
    memcpy(p + 4, &n, 8);
    memcpy(p + 12, &l, 4);
    memcpy(p + 16, text, len);
    return 16 + len;
}

/* The length, or -1. */
static int parse(const char *p, ssize_t n, const char *kind, uint64_t *number)
{
    uint32_t l;

    if (n < 16 || n > 16 + RPC_MAX || memcmp(p, kind, 4) != 0)
        return -1;
    memcpy(number, p + 4, 8);
    *number = be64toh(*number);
    memcpy(&l, p + 12, 4);
    return ntohl(l) == n - 16 ? (int)n - 16 : -1;
}

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    char call[16 + RPC_MAX], back[16 + RPC_MAX + 1];
    struct sockaddr_storage peer, from;
    socklen_t peer_len = sizeof(peer), from_len;
    struct pollfd p = {.fd = sock, .events = POLLIN};
    long long end = ms() + timeout_ms, next, now;
    struct timespec t;
    uint64_t mine, number;

    if (len > RPC_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (getpeername(sock, (struct sockaddr *)&peer, &peer_len) == -1)
        return -1;
    clock_gettime(CLOCK_REALTIME, &t);
    mine = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
    size_t n = build(call, "CALL", mine, req, len);
    for (int wait = RPC_FIRST_MS;; wait = wait > 160 ? 320 : wait * 2) {
        if (send(sock, call, n, MSG_NOSIGNAL) == -1 && errno != ECONNREFUSED &&
            errno != ENOBUFS && errno != EINTR && errno != EAGAIN)
            return -1;
        next = ms() + wait;
        do {
            now = ms();
            long long until = timeout_ms >= 0 && end < next ? end : next;
            int left = until > now ? (int)(until - now) : 0;
            int rc = poll(&p, 1, left);
            if (rc == -1 && errno != EINTR)
                return -1;
            if (rc <= 0)
                continue;
            from_len = sizeof(from);
            ssize_t got = recvfrom(sock, back, sizeof(back), MSG_DONTWAIT,
                                   (struct sockaddr *)&from, &from_len);
            if (got == -1 && errno != EINTR && errno != EAGAIN &&
                errno != ECONNREFUSED)
                return -1;
            int size = parse(back, got, "BACK", &number);
            if (size < 0 || number != mine || from_len != peer_len ||
                memcmp(&from, &peer, peer_len) != 0)
                continue;
            if ((size_t)size > cap) {
                errno = EMSGSIZE;
                return -1;
            }
            memcpy(rep, back + 16, (size_t)size);
            return size;
        } while ((now = ms()) < next && (timeout_ms < 0 || now < end));
        if (timeout_ms >= 0 && now >= end) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    char call[16 + RPC_MAX + 1], back[16 + RPC_MAX];
    struct sockaddr_storage from;
    socklen_t from_len;
    struct rpc_client *c = memory->client;
    uint64_t number;
    ssize_t n;

    do {
        from_len = sizeof(from);
        n = recvfrom(sock, call, sizeof(call), 0, (struct sockaddr *)&from,
                     &from_len);
    } while (n == -1 && errno == EINTR);
    if (n == -1)
        return -1;
    int size = parse(call, n, "CALL", &number), rc = 0;
    if (size == -1)
        return 0;
    while (c < memory->client + memory->clients &&
           (c->address_len != from_len ||
            memcmp(&c->address, &from, from_len) != 0))
        c++;
    int known = (int)(c - memory->client) < memory->clients;
    if (!known && memory->clients == RPC_CLIENTS)
        return 0;
    if (known && number < c->number)
        return 0;
    if (!known || number > c->number) {
        memory->clients += !known;
        c->address = from;
        c->address_len = from_len;
        c->number = number;
        c->reply_len =
            handler(call + 16, (size_t)size, c->reply, RPC_MAX, context);
        rc = 1;
    }
    if (c->reply_len >= 0) {
        size_t len =
            build(back, "BACK", number, c->reply, (size_t)c->reply_len);
        sendto(sock, back, len, MSG_NOSIGNAL, (struct sockaddr *)&from,
               from_len);
    }
    return rc;
}
