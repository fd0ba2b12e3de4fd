/*
 * Technique: select, sendto with the peer's address and recvfrom into 64 KiB;
 * waits with up to a quarter of jitter on top; seconds and nanoseconds of
 * timespec_get in the number; the handler writes into a buffer of the stack.
 */
#include "signal_flags.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/select.h>
#include <time.h>

#define HEAD 16

struct party {
    struct sockaddr_storage name;
    socklen_t len;
};

static void number_now(unsigned char number[8])
{
    struct timespec t;

    timespec_get(&t, TIME_UTC);
    uint32_t high = htonl((uint32_t)t.tv_sec), low = htonl((uint32_t)t.tv_nsec);
    memcpy(number, &high, 4);
    memcpy(number + 4, &low, 4);
}

static ssize_t ship(int sock, const struct party *to, const char *kind,
                    const unsigned char number[8], const void *text, size_t len)
{
    unsigned char bytes[HEAD + RPC_MAX];
    uint32_t size = htonl((uint32_t)len);

    memcpy(bytes, kind, 4);
    memcpy(bytes + 4, number, 8);
    memcpy(bytes + 12, &size, 4);
    if (len)
        memcpy(bytes + HEAD, text, len);
    return sendto(sock, bytes, HEAD + len, MSG_NOSIGNAL | MSG_DONTWAIT,
                  (const struct sockaddr *)&to->name, to->len);
}

static bool sound(const unsigned char *bytes, ssize_t n, const char *kind)
{
    uint32_t size;

    if (n < HEAD || n > HEAD + RPC_MAX)
        return false;
    memcpy(&size, bytes + 12, 4);
    return memcmp(bytes, kind, 4) == 0 && ntohl(size) == (size_t)(n - HEAD);
}

static bool same(const struct party *a, const struct party *b)
{
    return a->len == b->len && !memcmp(&a->name, &b->name, a->len);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double with_jitter(int ms)
{
    unsigned char die = 0;

    if (getrandom(&die, 1, GRND_NONBLOCK) != 1)
        die = 0;
    return ms / 1e3 * (1 + die / 1024.0);
}

/* 1: there is something; 0: it is time; -1. */
static int readable(int sock, double until)
{
    fd_set set;
    double left = until - now();
    struct timeval t = {0, 0};

    if (left > 0) {
        t.tv_sec = (time_t)left;
        t.tv_usec = (suseconds_t)((left - (double)t.tv_sec) * 1e6);
        if (t.tv_usec < 999999)
            t.tv_usec++;
    }
    FD_ZERO(&set);
    FD_SET(sock, &set);
    return select(sock + 1, &set, NULL, NULL, &t);
}

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    static unsigned char bytes[65536];
    unsigned char number[8];
    struct party peer = {.len = sizeof(peer.name)}, from;
    double begun = now(), end = begun + timeout_ms / 1e3, next = begun;
    int wait = RPC_FIRST_MS;

    if (getpeername(sock, (struct sockaddr *)&peer.name, &peer.len) == -1)
        return -1;
    if (len > RPC_MAX)
        return errno = EMSGSIZE, -1;
    number_now(number);
    for (bool first = true;; first = false) {
        double t = now();
        if (timeout_ms >= 0 && t >= end && !first)
            return errno = ETIMEDOUT, -1;
        if (t >= next) {
            if (ship(sock, &peer, "CALL", number, req, len) == -1 &&
                errno != ECONNREFUSED && errno != EAGAIN && errno != ENOBUFS)
                return -1;
            next = t + with_jitter(wait);
            wait = 2 * wait < RPC_MOST_MS ? 2 * wait : RPC_MOST_MS;
        }
        int rc = readable(sock, timeout_ms >= 0 && end < next ? end : next);
        if (rc == -1 && errno != EINTR)
            return -1;
        if (rc <= 0)
            continue;
        from.len = sizeof(from.name);
        ssize_t n = recvfrom(sock, bytes, sizeof(bytes), MSG_DONTWAIT,
                             (struct sockaddr *)&from.name, &from.len);
        if (n == -1 && errno != ECONNREFUSED && errno != EAGAIN &&
            errno != EINTR)
            return -1;
        if (!sound(bytes, n, "BACK") || memcmp(bytes + 4, number, 8) ||
            !same(&from, &peer))
            continue;
        if ((size_t)n - HEAD > cap)
            return errno = EMSGSIZE, -1;
        memcpy(rep, bytes + HEAD, (size_t)n - HEAD);
        return n - HEAD;
    }
}

/* ---- */

static uint64_t host_order(const unsigned char number[8])
{
    uint32_t part[2];

    memcpy(part, number, 8);
    return (uint64_t)ntohl(part[0]) << 32 | ntohl(part[1]);
}

int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    unsigned char *bytes = malloc(65536), reply[RPC_MAX];
    struct party from;
    struct rpc_client *c = NULL;
    ssize_t n = -1;
    int executed = 0;

    if (!bytes)
        return -1;
    do {
        from.len = sizeof(from.name);
        n = recvfrom(sock, bytes, 65536, 0, (struct sockaddr *)&from.name,
                     &from.len);
    } while (n == -1 && errno == EINTR);
    if (n == -1) {
        int error = errno;
        free(bytes);
        errno = error;
        return -1;
    }
    if (!sound(bytes, n, "CALL"))
        goto out;
    for (int i = memory->clients; i-- > 0 && !c;) {
        struct party known = {memory->client[i].address,
                              memory->client[i].address_len};
        if (same(&known, &from))
            c = &memory->client[i];
    }
    uint64_t number = host_order(bytes + 4);
    if (!c) {
        if (memory->clients >= RPC_CLIENTS)
            goto out;
        c = &memory->client[memory->clients++];
        c->address = from.name;
        c->address_len = from.len;
    } else if (number < c->number) {
        goto out;
    } else if (number == c->number) {
        goto again;
    }
    executed = 1;
    c->number = number;
    c->reply_len =
        handler(bytes + HEAD, (size_t)n - HEAD, reply, RPC_MAX, context);
    if (c->reply_len > 0)
        memcpy(c->reply, reply, (size_t)c->reply_len);
again:
    if (c->reply_len >= 0)
        ship(sock, &from, "BACK", bytes + 4, c->reply, (size_t)c->reply_len);
out:
    free(bytes);
    return executed;
}
