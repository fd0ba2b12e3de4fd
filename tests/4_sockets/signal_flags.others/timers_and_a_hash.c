/*
 * Technique: two timerfds beside the socket in poll, one for the deadline and
 * one for the repetition; the size is peeked at first; numbers are time in
 * microseconds with a counter below; the server's memory is a hash table with
 * open addressing over client[].
 */
#include "signal_flags.h"

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct __attribute__((packed)) head {
    char kind[4];
    uint64_t number;
    uint32_t len;
};

struct packet {
    struct head head;
    char body[RPC_MAX];
};

static uint64_t new_number(void)
{
    static uint64_t last;
    struct timespec t;

    clock_gettime(CLOCK_REALTIME, &t);
    uint64_t number =
        ((uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000) << 8;
    return last = number > last ? number : last + 1;
}

static struct packet packet(const char *kind, uint64_t number,
                            const void *message, size_t len)
{
    struct packet p;

    memcpy(p.head.kind, kind, 4);
    p.head.number = htobe64(number);
    p.head.len = htonl((uint32_t)len);
    if (len > 0)
        memcpy(p.body, message, len);
    return p;
}

/* Takes one datagram away. Its length, if it is a sound one of this kind,
 * and -1 with errno 0, if not. */
static ssize_t take(int sock, int flags, const char *kind, struct packet *p,
                    struct sockaddr_storage *from, socklen_t *from_len)
{
    struct packet scratch;
    ssize_t whole = recv(sock, &scratch, 1, flags | MSG_PEEK | MSG_TRUNC);
    ssize_t n = whole;

    if (whole >= 0)
        n = recvfrom(sock, p, sizeof(*p), MSG_DONTWAIT, (struct sockaddr *)from,
                     from_len);
    if (n == -1)
        return -1;
    errno = 0;
    if (whole != n || n < (ssize_t)sizeof(p->head) ||
        memcmp(p->head.kind, kind, 4) != 0 ||
        ntohl(p->head.len) != (size_t)n - sizeof(p->head))
        return -1;
    return n - (ssize_t)sizeof(p->head);
}

static void arm(int timer, int ms)
{
    struct itimerspec t = {.it_value = {ms / 1000, ms % 1000 * 1000000L + 1}};

    timerfd_settime(timer, 0, &t, NULL);
}

struct call {
    int sock, deadline, again;
    struct packet sent;
    struct sockaddr_storage peer, from;
    socklen_t peer_len, from_len;
    struct packet reply;
};

static bool is_loss(void)
{
    return errno == 0 || errno == EINTR || errno == EAGAIN ||
           errno == ECONNREFUSED || errno == ENOBUFS;
}

/* The length of the reply, -1, or -2: it is no reply. */
static ssize_t look(struct call *c)
{
    c->from_len = sizeof(c->from);
    ssize_t len =
        take(c->sock, MSG_DONTWAIT, "BACK", &c->reply, &c->from, &c->from_len);

    if (len == -1)
        return is_loss() ? -2 : -1;
    bool ours = c->reply.head.number == c->sent.head.number &&
                c->from_len == c->peer_len &&
                memcmp(&c->from, &c->peer, c->peer_len) == 0;
    return ours ? len : -2;
}

static ssize_t converse(struct call *c)
{
    size_t n = sizeof(c->sent.head) + ntohl(c->sent.head.len);
    struct pollfd p[] = {
        {c->sock, POLLIN, 0}, {c->again, POLLIN, 0}, {c->deadline, POLLIN, 0}};
    bool due = true;
    ssize_t len;

    for (int wait = RPC_FIRST_MS;;) {
        if (due) {
            if (send(c->sock, &c->sent, n, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 &&
                !is_loss())
                return -1;
            arm(c->again, wait);
            wait = wait * 2 > RPC_MOST_MS ? RPC_MOST_MS : wait * 2;
        }
        int ready = poll(p, 3, -1);
        if (ready == -1 && errno != EINTR)
            return -1;
        due = ready > 0 && p[1].revents;
        if (ready > 0 && p[0].revents && (len = look(c)) != -2)
            return len;
        if (ready > 0 && p[2].revents) {
            errno = ETIMEDOUT;
            return -1;
        }
    }
}

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    struct call c = {.sock = sock, .peer_len = sizeof(c.peer)};
    ssize_t got = -1;

    if (len > RPC_MAX) {
        errno = EMSGSIZE;
        return -1;
    }
    if (getpeername(sock, (struct sockaddr *)&c.peer, &c.peer_len) == -1)
        return -1;
    c.again = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    c.deadline = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (c.again != -1 && c.deadline != -1) {
        c.sent = packet("CALL", new_number(), req, len);
        if (timeout_ms >= 0)
            arm(c.deadline, timeout_ms);
        got = converse(&c);
    }
    int error = errno;
    if (c.again != -1)
        close(c.again);
    if (c.deadline != -1)
        close(c.deadline);
    errno = error;
    if (got > (ssize_t)cap) {
        errno = EMSGSIZE;
        return -1;
    }
    if (got > 0)
        memcpy(rep, c.reply.body, (size_t)got);
    return got;
}

/* Its place, or a free one; NULL: all are taken. */
static struct rpc_client *
place_of(struct rpc_memory *m, const struct sockaddr_storage *a, socklen_t len)
{
    uint32_t hash = 2166136261u;

    for (socklen_t i = 0; i < len; i++)
        hash = (hash ^ ((const unsigned char *)a)[i]) * 16777619u;
    for (uint32_t i = 0; i < RPC_CLIENTS; i++) {
        struct rpc_client *c = &m->client[(hash + i) % RPC_CLIENTS];
        if (c->address_len == 0 ||
            (c->address_len == len && memcmp(&c->address, a, len) == 0))
            return c;
    }
    return NULL;
}

static void back(int sock, const struct rpc_client *c)
{
    if (c->reply_len < 0)
        return;
    struct packet p = packet("BACK", c->number, c->reply, (size_t)c->reply_len);
    sendto(sock, &p, sizeof(p.head) + (size_t)c->reply_len,
           MSG_DONTWAIT | MSG_NOSIGNAL, (const struct sockaddr *)&c->address,
           c->address_len);
}

int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    struct packet call;
    struct sockaddr_storage from;
    socklen_t from_len;
    ssize_t len;

    do {
        from_len = sizeof(from);
        len = take(sock, 0, "CALL", &call, &from, &from_len);
    } while (len == -1 && errno == EINTR);
    if (len == -1)
        return errno == 0 ? 0 : -1;
    struct rpc_client *c = place_of(memory, &from, from_len);
    if (!c)
        return 0;
    uint64_t number = be64toh(call.head.number);
    if (c->address_len != 0 && number == c->number)
        back(sock, c);
    if (c->address_len != 0 && number <= c->number)
        return 0;
    if (c->address_len == 0) {
        memory->clients++;
        memcpy(&c->address, &from, from_len);
        c->address_len = from_len;
    }
    c->number = number;
    c->reply_len = handler(call.body, (size_t)len, c->reply, RPC_MAX, context);
    back(sock, c);
    return 1;
}
