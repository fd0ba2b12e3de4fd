/*
 * Technique: SO_RCVTIMEO, put back afterwards; one flat buffer, built with
 * shifts; recv with MSG_TRUNC tells the whole length; getpeername first, and
 * what was waiting in the socket before the call is thrown away.
 */
#include "signal_flags.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

enum { HEAD = 16, MOST = HEAD + RPC_MAX };

static void store(unsigned char *at, uint64_t value, int bytes)
{
    while (bytes-- > 0) {
        at[bytes] = (unsigned char)value;
        value >>= 8;
    }
}

static uint64_t load(const unsigned char *at, int bytes)
{
    uint64_t value = 0;

    for (int i = 0; i < bytes; i++)
        value = value << 8 | at[i];
    return value;
}

static size_t pack(unsigned char *to, const char *kind, uint64_t number,
                   const void *message, size_t len)
{
    memcpy(to, kind, 4);
    store(to + 4, number, 8);
    store(to + 12, len, 4);
    if (len > 0)
        memcpy(to + HEAD, message, len);
    return HEAD + len;
}

/* The length of the message; -1: it is no such datagram. */
static ssize_t unpack(const unsigned char *from, ssize_t n, const char *kind)
{
    if (n < HEAD || n > MOST || memcmp(from, kind, 4) != 0 ||
        load(from + 12, 4) != (uint64_t)n - HEAD)
        return -1;
    return n - HEAD;
}

static int64_t now_us(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* 1: within the time; 0: not; -1. */
static int receive(int sock, unsigned char *buf, ssize_t *n, int64_t us)
{
    struct timeval v = {.tv_sec = us / 1000000, .tv_usec = us % 1000000};

    if (us <= 0)
        v.tv_usec = 1;
    if (setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &v, sizeof(v)) == -1)
        return -1;
    *n = recv(sock, buf, MOST, MSG_TRUNC);
    if (*n >= 0)
        return 1;
    return errno == EAGAIN || errno == EINTR || errno == ECONNREFUSED ? 0 : -1;
}

static void empty(int sock)
{
    char c;

    while (recv(sock, &c, 1, MSG_DONTWAIT) >= 0 || errno == ECONNREFUSED)
        continue;
}

static ssize_t converse(int sock, unsigned char *call, size_t call_len,
                        unsigned char *reply, int64_t end)
{
    int64_t wait = RPC_FIRST_MS * 1000, now, next;
    ssize_t n, len;

    for (;;) {
        next = now_us(CLOCK_MONOTONIC) + wait;
        if (end >= 0 && next > end)
            next = end;
        while (send(sock, call, call_len, MSG_NOSIGNAL) == -1)
            if (errno == ECONNREFUSED)
                break;
            else if (errno != EINTR)
                return -1;
        do {
            now = now_us(CLOCK_MONOTONIC);
            int rc = receive(sock, reply, &n, next - now);
            if (rc == -1)
                return -1;
            if (rc == 1 && (len = unpack(reply, n, "BACK")) >= 0 &&
                memcmp(reply + 4, call + 4, 8) == 0)
                return len;
        } while ((now = now_us(CLOCK_MONOTONIC)) < next);
        if (end >= 0 && now >= end) {
            errno = ETIMEDOUT;
            return -1;
        }
        wait = wait >= RPC_MOST_MS * 500 ? RPC_MOST_MS * 1000 : 2 * wait;
    }
}

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    unsigned char call[MOST], reply[MOST];
    int64_t end = now_us(CLOCK_MONOTONIC) + (int64_t)timeout_ms * 1000;
    struct timeval old;
    socklen_t size = sizeof(old);

    if (len > RPC_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (getsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &old, &size) == -1)
        return -1;
    int flags = fcntl(sock, F_GETFL);
    fcntl(sock, F_SETFL, flags & ~O_NONBLOCK);
    empty(sock);
    size_t n = pack(call, "CALL", (uint64_t)now_us(CLOCK_REALTIME), req, len);
    ssize_t got = converse(sock, call, n, reply, timeout_ms < 0 ? -1 : end);
    int error = errno;
    setsockopt(sock, SOL_SOCKET, SO_RCVTIMEO, &old, sizeof(old));
    fcntl(sock, F_SETFL, flags);
    errno = error;
    if (got > (ssize_t)cap) {
        errno = EMSGSIZE;
        return -1;
    }
    if (got > 0)
        memcpy(rep, reply + HEAD, (size_t)got);
    return got;
}

static void send_back(int sock, const struct rpc_client *c)
{
    unsigned char reply[MOST];

    if (c->reply_len < 0)
        return;
    sendto(sock, reply,
           pack(reply, "BACK", c->number, c->reply, (size_t)c->reply_len),
           MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&c->address,
           c->address_len);
}

int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    unsigned char call[MOST];
    struct rpc_client who = {.address_len = sizeof(who.address)}, *c;
    ssize_t n, len;
    int i = 0;

    do
        n = recvfrom(sock, call, sizeof(call), MSG_TRUNC,
                     (struct sockaddr *)&who.address, &who.address_len);
    while (n == -1 && errno == EINTR);
    if (n == -1)
        return -1;
    if ((len = unpack(call, n, "CALL")) == -1)
        return 0;
    who.number = load(call + 4, 8);
    while (i < memory->clients &&
           (memory->client[i].address_len != who.address_len ||
            memcmp(&memory->client[i].address, &who.address, who.address_len) !=
                0))
        i++;
    if (i == RPC_CLIENTS)
        return 0;
    c = &memory->client[i];
    if (i < memory->clients && who.number <= c->number) {
        if (who.number == c->number)
            send_back(sock, c);
        return 0;
    }
    if (i == memory->clients) {
        memory->clients++;
        c->address = who.address;
        c->address_len = who.address_len;
    }
    c->number = who.number;
    c->reply_len =
        handler(call + HEAD, (size_t)len, c->reply, RPC_MAX, context);
    send_back(sock, c);
    return 1;
}
