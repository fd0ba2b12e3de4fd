/*
 * signal_flags_ends.h — datagrams by hand: sockets of three families, what is
 * on the wire, and a process that calls.
 */
#ifndef SIGNAL_FLAGS_ENDS_H
#define SIGNAL_FLAGS_ENDS_H

#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"
#include "signal_flags.h"

enum { HEAD = 16, LONGEST = 61000, FAR = 12000, GUARD = 0xee };

static unsigned char sample[LONGEST];

static const unsigned char *message(int k)
{
    if (sample[1] == 0)
        for (size_t i = 0; i < sizeof(sample); i++)
            sample[i] = (unsigned char)(i * 7 + i / 64 + i / 4099);
    return sample + k;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- sockets ------------------------------------------------------------- */

struct place {
    struct sockaddr_storage it;
    socklen_t len;
};

static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
enum { FAMILIES = 3 };

static struct place anywhere(int family)
{
    struct place p = {.len = sizeof(sa_family_t)};

    p.it.ss_family = (sa_family_t)family;
    if (family == AF_INET) {
        ((struct sockaddr_in *)&p.it)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        p.len = sizeof(struct sockaddr_in);
    } else if (family == AF_INET6) {
        ((struct sockaddr_in6 *)&p.it)->sin6_addr = in6addr_loopback;
        p.len = sizeof(struct sockaddr_in6);
    }
    return p;
}

static struct place place_of(int fd)
{
    struct place p = {.len = sizeof(p.it)};

    getsockname(fd, (struct sockaddr *)&p.it, &p.len);
    return p;
}

/* A datagram socket there; -1: this machine has no such address. */
static int socket_at(struct place p)
{
    int fd = socket(p.it.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    if (fd != -1 && bind(fd, (struct sockaddr *)&p.it, p.len) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

static void lead_to(int fd, struct place p)
{
    CHECK_OK(connect(fd, (struct sockaddr *)&p.it, p.len),
             "the test itself connects a socket");
}

/* A server's socket, and a client's that is connected to it. */
static int server = -1, client = -1;

static bool open_ends(int family)
{
    server = socket_at(anywhere(family));
    client = socket_at(anywhere(family));
    if (server == -1 || client == -1) {
        CHECK(family == AF_INET6, "the test itself could not make sockets: %s",
              name_errno(errno));
        return false;
    }
    lead_to(client, place_of(server));
    STEP("a client and a server, %s", family == AF_INET    ? "IPv4"
                                      : family == AF_INET6 ? "IPv6"
                                                           : "AF_UNIX");
    return true;
}

static void close_ends(void)
{
    close(server);
    close(client);
}

/* ---- what is on the wire ------------------------------------------------- */

struct wire {
    struct place from;
    size_t n; /* bytes in all */
    unsigned char bytes[LONGEST];
    char kind[5];
    uint64_t number;
    uint32_t said;
};

static unsigned char *text_of(struct wire *w)
{
    return w->bytes + HEAD;
}

static void read_head(struct wire *w)
{
    if (w->n < HEAD)
        memset(w->bytes + w->n, 0, HEAD - w->n);
    memcpy(w->kind, w->bytes, 4);
    memcpy(&w->number, w->bytes + 4, 8);
    memcpy(&w->said, w->bytes + 12, 4);
    w->number = be64toh(w->number);
    w->said = be32toh(w->said);
}

static struct wire wire(const char *kind, uint64_t number, const void *text,
                        size_t len)
{
    struct wire w = {.n = HEAD + len};

    memcpy(w.bytes, kind, 4);
    memcpy(w.bytes + 4, &(uint64_t){htobe64(number)}, 8);
    memcpy(w.bytes + 12, &(uint32_t){htobe32((uint32_t)len)}, 4);
    memcpy(w.bytes + HEAD, text, len);
    read_head(&w);
    return w;
}

/* Is something there within the time? */
static bool is_there(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) > 0;
}

static bool take(int fd, struct wire *w)
{
    ssize_t n;

    w->from.len = sizeof(w->from.it);
    n = recvfrom(fd, w->bytes, sizeof(w->bytes), MSG_DONTWAIT,
                 (struct sockaddr *)&w->from.it, &w->from.len);
    w->n = n > 0 ? (size_t)n : 0;
    read_head(w);
    return n >= 0;
}

static void put_to(int fd, struct place to, const struct wire *w)
{
    CHECK_EQ(sendto(fd, w->bytes, w->n, 0, (struct sockaddr *)&to.it, to.len),
             (ssize_t)w->n, "the test itself sends a datagram");
}

/*
 * What is no datagram of this kind, though it has the right number: the kth,
 * and in *how what is wrong with it. False: there is none any more.
 */
static bool unsound(int k, const char *kind, uint64_t number, struct wire *w,
                    const char **how)
{
    static const struct {
        const char *how, *kind;
        uint32_t text, said; /* bytes of text, and what the length says */
        int less;            /* bytes missing at the end */
    } list[] = {
        {"an empty datagram", NULL, 3, 3, 19},
        {"a single byte", NULL, 3, 3, 18},
        {"15 bytes, one less than every datagram has", NULL, 0, 0, 1},
        {"a datagram cut behind its first 16 bytes", NULL, 3, 3, 3},
        {"a datagram that has lost its last byte", NULL, 3, 3, 1},
        {"a datagram that is longer than it says", NULL, 4, 3, 0},
        {"a datagram that says 0 and has 3 bytes", NULL, 3, 0, 0},
        {"a datagram that says 4 and has 3 bytes", NULL, 3, 4, 0},
        {"a length of 0xffffffff", NULL, 3, 0xffffffff, 0},
        {"a length of 0xfffffff0", NULL, 0, 0xfffffff0, 0},
        {"a length of 0x80000003", NULL, 3, 0x80000003, 0},
        {"a little-endian length", NULL, 3, 0x03000000, 0},
        {"a length with other bits above 16", NULL, 3, 0x00010003, 0},
        {"another word in the beginning", "HOLA", 3, 3, 0},
        {"lower case letters in the beginning", "back", 3, 3, 0},
        {"lower case letters in the beginning", "call", 3, 3, 0},
        {"only three letters right", "BACA", 3, 3, 0},
        {"only three letters right", "CALK", 3, 3, 0},
        {"a message of 1201 bytes", NULL, RPC_MAX + 1, RPC_MAX + 1, 0},
        {"1201 bytes that say 1200", NULL, RPC_MAX + 1, RPC_MAX, 0},
        {"1300 bytes that say 1200", NULL, RPC_MAX + 100, RPC_MAX, 0},
        {"1300 bytes that say 1300", NULL, RPC_MAX + 100, RPC_MAX + 100, 0},
        {"1200 bytes, cut by one", NULL, RPC_MAX, RPC_MAX, 1},
        {"60000 bytes", NULL, 60000, 60000, 0},
        {"60000 bytes that say 1200", NULL, 60000, RPC_MAX, 0},
    };

    if (k >= (int)(sizeof(list) / sizeof(list[0])))
        return false;
    *how = list[k].how;
    *w = wire(list[k].kind ? list[k].kind : kind, number, message(5),
              list[k].text);
    memcpy(w->bytes + 12, &(uint32_t){htobe32(list[k].said)}, 4);
    w->n -= (size_t)list[k].less;
    return true;
}

/* ---- a process that calls ------------------------------------------------ */

struct result {
    int64_t began, ended; /* ms */
    ssize_t rc;
    int error;
    int calls, naps; /* system calls made meanwhile */
    bool changed;    /* the socket is not as it was */
    unsigned char rep[RPC_MAX + 100];
};

struct task_of_a_call {
    const void *req;
    size_t len, cap;
    int timeout_ms;
    void (*before)(void), (*after)(void);
};

/*
 * Each of its calls has a turn. Where req is NULL the message is the turn's
 * number: what was sent once more just before is told from the next call.
 */
static struct {
    pid_t pid;
    int go, done; /* its turns go in, its results come out */
    unsigned char turn;
} caller = {.pid = -1, .go = -1, .done = -1};

static int calls_made(void)
{
    int sum = 0;

    for (int call = 0; call < SEA_CALLS; call++)
        sum += sea_count_here(call);
    return sum;
}

static int naps_taken(void)
{
    return sea_count_here(SEA_nanosleep) + sea_count_here(SEA_usleep) +
           sea_count_here(SEA_clock_nanosleep) + sea_count_here(SEA_sleep);
}

/* Flags, time-outs and peer of a socket. */
struct looks {
    int flags, own;
    struct timeval in, out;
    struct place peer;
};

static struct looks looks_of(int fd)
{
    struct looks l;
    socklen_t len = sizeof(l.in);

    memset(&l, 0, sizeof(l));
    l.flags = fcntl(fd, F_GETFL);
    l.own = fcntl(fd, F_GETFD);
    getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &l.in, &len);
    getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &l.out, &len);
    l.peer.len = sizeof(l.peer.it);
    getpeername(fd, (struct sockaddr *)&l.peer.it, &l.peer.len);
    return l;
}

static struct result call_here(struct task_of_a_call t)
{
    struct result r = {.calls = -calls_made(), .naps = -naps_taken()};
    struct looks before = looks_of(client), after;

    memset(r.rep, GUARD, sizeof(r.rep));
    if (t.before)
        t.before();
    r.began = now_ms();
    errno = 0;
    r.rc = rpc_call(client, t.req, t.len, r.rep, t.cap, t.timeout_ms);
    r.error = errno;
    r.ended = now_ms();
    if (t.after)
        t.after();
    r.calls += calls_made();
    r.naps += naps_taken();
    after = looks_of(client);
    r.changed = memcmp(&before, &after, sizeof(before)) != 0;
    return r;
}

/* Calls when it is its turn, in a process of its own. */
static void calls_begin(struct task_of_a_call t)
{
    int go[2], done[2];

    if (pipe2(go, O_CLOEXEC) == -1 || pipe2(done, O_CLOEXEC) == -1)
        FAIL_TEST("the test itself could not make a pipe");
    caller.pid = fact_fork();
    if (caller.pid == 0) {
        unsigned char turn;
        close(server);
        close(go[1]);
        close(done[0]);
        while (read(go[0], &turn, 1) == 1) {
            struct task_of_a_call now = t;
            if (!t.req)
                now.req = &turn, now.len = 1;
            struct result r = call_here(now);
            if (write(done[1], &r, sizeof(r)) != sizeof(r))
                break;
        }
        _exit(0);
    }
    close(go[0]);
    close(done[1]);
    caller.go = go[1];
    caller.done = done[0];
}

static void next_call(void)
{
    caller.turn++;
    CHECK_EQ(write(caller.go, &caller.turn, 1), 1, "a process is told to call");
}

static void one_call_begins(struct task_of_a_call t)
{
    calls_begin(t);
    next_call();
}

static void call_begins(const void *req, size_t len, size_t cap, int timeout_ms)
{
    one_call_begins((struct task_of_a_call){
        .req = req, .len = len, .cap = cap, .timeout_ms = timeout_ms});
}

/* A datagram from the caller; false: its call has returned instead, or none
 * came for very long. */
static bool hears(struct wire *w)
{
    struct pollfd p[] = {{server, POLLIN, 0}, {caller.done, POLLIN, 0}};

    poll(p, 2, FAR);
    return p[0].revents & POLLIN && take(server, w);
}

/* A datagram is due, and the call has not returned without. */
static void is_heard(bool heard)
{
    struct result r = {.error = 0};

    if (!heard && is_there(caller.done, 0) &&
        read(caller.done, &r, sizeof(r)) == sizeof(r))
        STEP("rpc_call has returned %d, errno %s", (int)r.rc,
             r.error ? name_errno(r.error) : "0");
    errno = r.error;
    CHECK(heard, "rpc_call sends what is to be called, and again if no reply "
                 "comes: a datagram was due here, and rpc_call has come back "
                 "without, or waits");
}

static void hears_a_call(struct wire *w)
{
    is_heard(hears(w));
    CHECK(w->n >= HEAD && strcmp(w->kind, "CALL") == 0 &&
              w->said == w->n - HEAD,
          "a call is \"CALL\", 8 bytes of number, 4 bytes of length, both "
          "big-endian, and as much message: htonl, htobe64. This one had %zu "
          "bytes and says %u",
          w->n, w->said);
}

/* The call of this turn, which says so. */
static void hears_its_turn(struct wire *w)
{
    do
        hears_a_call(w);
    while (w->said != 1 || text_of(w)[0] != caller.turn);
}

static void answers(const struct wire *call, const void *text, size_t len)
{
    struct wire w = wire("BACK", call->number, text, len);

    put_to(server, call->from, &w);
}

/* What came of it. Whoever goes on sending has not noticed a reply. */
static struct result returned_from(const char *advice)
{
    struct pollfd p[] = {{caller.done, POLLIN, 0}, {server, POLLIN, 0}};
    struct result r;
    static struct wire w;
    int64_t end = now_ms() + FAR;

    for (int more = 0; poll(p, 2, FAR) > 0 && !p[0].revents;) {
        CHECK(take(server, &w) && ++more < 12 && now_ms() < end,
              "rpc_call does not come back, but goes on sending: %s", advice);
    }
    CHECK_EQ(read(caller.done, &r, sizeof(r)), sizeof(r),
             "rpc_call does not come back: %s", advice);
    return r;
}

static struct result returned(const char *advice)
{
    struct result r = returned_from(advice);

    CHECK(!r.changed, "the socket is the caller's: its flags, its time-outs "
                      "and its peer have to be as they were");
    return r;
}

static void caller_ends(void)
{
    kill(caller.pid, SIGKILL);
    waitpid(caller.pid, NULL, 0);
    close(caller.go);
    close(caller.done);
}

static void is_reply(const struct result *r, const void *text, size_t len)
{
    errno = r->error;
    CHECK_EQ(r->rc, len, "the reply has %zu bytes", len);
    CHECK_MEM(r->rep, len, text, len, "the reply is what the server sent");
    CHECK_EQ(r->rep[len], GUARD, "nothing is written behind the reply");
}

static void is_error(const struct result *r, int error, const char *why)
{
    CHECK_EQ(r->rc, -1, "%s", why);
    errno = r->error;
    CHECK(r->error == error, "errno is %s, and should be %s: %s",
          name_errno(r->error), name_errno(error), why);
}

#endif
