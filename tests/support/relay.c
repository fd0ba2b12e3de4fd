/*
 * relay.c — the process between two ends.
 */
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"

enum {
    BEHIND = 4,    /* as documented */
    DELAY_MS = 30, /* as documented */
    HELD_MS = 50,  /* an overtaken one goes on, though nobody overtakes it */
    GARBAGE = 64,  /* bytes appended at most */
    HELD_MOST = 4096,
    HIGH = 340, /* where the sockets are, out of the learner's way */
};

struct address {
    struct sockaddr_storage it;
    socklen_t len;
};

struct flow {
    int fd[2];          /* by the way a datagram comes: near, far */
    struct address end; /* the client's, once it has sent something */
    int came[2];
};

struct held {
    int flow, way;
    int after; /* the number of the datagram it waits for; 0: for time only */
    int64_t due;
    size_t n;
    unsigned char *bytes;
};

/* Shared with the test: what it may ask for. */
struct relay {
    struct relay_weather weather;
    struct address far, near[RELAY_FLOWS];
    int flows;
    pid_t pid;
    atomic_int held[2];
    struct {
        atomic_int came, doubled, lost, cut, extended, resized, flipped,
            overtaken, delayed, silenced, passed, refused;
    } count[2];
};

static struct flow flow[RELAY_FLOWS];
static struct held held[HELD_MOST];
static int helds;
static struct relay *relay;

/* ---- dice ---------------------------------------------------------------- */

/* Which datagram it is, and which copy. */
struct which {
    int flow, way, k, copy;
};

enum die {
    DOUBLED,
    LOST,
    CUT,
    EXTENDED,
    RESIZED,
    FLIPPED,
    OVERTAKEN,
    DELAYED,
    HOW_MUCH = 16
};

static uint64_t mixed(uint64_t x) /* splitmix64 */
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static uint64_t dice(struct which w, int die)
{
    uint64_t x = mixed(relay->weather.seed);

    x = mixed(x ^ (uint64_t)w.flow << 32 ^ (uint64_t)w.way);
    x = mixed(x ^ (uint64_t)w.k << 32 ^ (uint64_t)w.copy);
    return mixed(x ^ (uint64_t)die);
}

static bool happens(struct which w, enum die die, int of_1000,
                    atomic_int *counter)
{
    bool so = dice(w, (int)die) % 1000 < (uint64_t)of_1000;

    *counter += so;
    return so;
}

/* 1 to most */
static uint64_t how_much(struct which w, enum die die, uint64_t most)
{
    return 1 + dice(w, HOW_MUCH + (int)die) % (most ? most : 1);
}

/* ---- damage -------------------------------------------------------------- */

static void resize(struct which w, unsigned char *at)
{
    uint32_t said = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 |
                    (uint32_t)at[2] << 8 | at[3];
    uint64_t by = how_much(w, RESIZED, 2000);

    said = by % 2 ? said + (uint32_t)by : said - (uint32_t)by;
    for (int i = 3; i >= 0; i--, said >>= 8)
        at[i] = (unsigned char)said;
}

static void flip(struct which w, unsigned char *bytes, size_t n)
{
    size_t within = (size_t)relay->weather.flip_within;
    uint64_t bits = 8 * (within && within < n ? within : n);
    uint64_t bit = how_much(w, FLIPPED, bits) - 1;

    bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
}

/* Its new length; there is room for GARBAGE. */
static size_t damage(struct which w, unsigned char *bytes, size_t n)
{
    const struct relay_weather *of = &relay->weather;
    size_t at = (size_t)of->length_at;

    if (n >= at + 4 &&
        happens(w, RESIZED, of->resized, &relay->count[w.way].resized))
        resize(w, bytes + at);
    if (n > 0 && happens(w, FLIPPED, of->flipped, &relay->count[w.way].flipped))
        flip(w, bytes, n);
    if (n > 0 && happens(w, CUT, of->cut, &relay->count[w.way].cut))
        n -= how_much(w, CUT, n);
    if (happens(w, EXTENDED, of->extended, &relay->count[w.way].extended))
        for (uint64_t i = how_much(w, EXTENDED, GARBAGE); i > 0; i--)
            bytes[n++] = (unsigned char)mixed(i ^ (uint64_t)w.k);
    return n;
}

/* ---- passing on, and holding back ---------------------------------------- */

static int64_t now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void pass(int i, int way, const void *bytes, size_t n)
{
    const struct address *to = way == RELAY_OUT ? &relay->far : &flow[i].end;
    ssize_t sent = -1;

    /* A socket may say first what became of an earlier datagram. */
    for (int tries = 0; to->len > 0 && sent == -1 && tries < 2; tries++)
        sent = sendto(flow[i].fd[!way], bytes, n, MSG_DONTWAIT,
                      (const struct sockaddr *)&to->it, to->len);
    if (sent == -1)
        relay->count[way].refused++;
    else
        relay->count[way].passed++;
}

static void hold(struct which w, int after, int64_t ns, const void *bytes,
                 size_t n)
{
    struct held *h = &held[helds];

    if (helds == HELD_MOST || !(h->bytes = malloc(n + 1))) {
        pass(w.flow, w.way, bytes, n);
        return;
    }
    memcpy(h->bytes, bytes, n);
    h->flow = w.flow;
    h->way = w.way;
    h->after = after;
    h->due = now_ns() + ns;
    h->n = n;
    helds++;
    relay->held[w.way]++;
}

static bool may_go(const struct held *h, int64_t now)
{
    return h->due <= now ||
           (h->after > 0 && flow[h->flow].came[h->way] >= h->after);
}

/* In the order they came in. The next one's time; -1: there is none. */
static int64_t release(int64_t now)
{
    int64_t next = -1;
    int left = 0;

    for (int i = 0; i < helds; i++) {
        struct held h = held[i];
        if (!may_go(&h, now)) {
            next = next < 0 || h.due < next ? h.due : next;
            held[left++] = h;
            continue;
        }
        pass(h.flow, h.way, h.bytes, h.n);
        free(h.bytes);
        relay->held[h.way]--;
    }
    helds = left;
    return next;
}

static void meets_its_fate(struct which w, const unsigned char *came, size_t n)
{
    static unsigned char bytes[RELAY_LONGEST + GARBAGE];
    const struct relay_weather *of = &relay->weather;
    int behind = of->behind ? of->behind : BEHIND;
    int most_ms = of->delay_ms ? of->delay_ms : DELAY_MS;

    if (happens(w, LOST, of->lost, &relay->count[w.way].lost))
        return;
    memcpy(bytes, came, n);
    n = damage(w, bytes, n);
    if (happens(w, OVERTAKEN, of->overtaken, &relay->count[w.way].overtaken))
        hold(w, w.k + (int)how_much(w, OVERTAKEN, (uint64_t)behind),
             HELD_MS * 1000000LL, bytes, n);
    else if (happens(w, DELAYED, of->delayed, &relay->count[w.way].delayed))
        hold(w, 0, (int64_t)how_much(w, DELAYED, (uint64_t)most_ms * 1000000),
             bytes, n);
    else
        pass(w.flow, w.way, bytes, n);
}

static void treat(int i, int way, const unsigned char *bytes, size_t n)
{
    const struct relay_weather *of = &relay->weather;
    struct which w = {i, way, ++flow[i].came[way], 0};

    if (of->silent_after && w.k > of->silent_after) {
        relay->count[way].silenced++;
    } else {
        int copies =
            1 + happens(w, DOUBLED, of->doubled, &relay->count[way].doubled);
        for (; w.copy < copies; w.copy++)
            meets_its_fate(w, bytes, n);
        release(0); /* those that waited for this one */
    }
    relay->count[way].came++;
}

static void receive(int i, int way)
{
    static unsigned char bytes[RELAY_LONGEST];
    struct address from = {.len = sizeof(from.it)};
    ssize_t n;

    while ((n = recvfrom(flow[i].fd[way], bytes, sizeof(bytes), MSG_DONTWAIT,
                         (struct sockaddr *)&from.it, &from.len)) >= 0) {
        if (way == RELAY_OUT)
            flow[i].end = from;
        treat(i, way, bytes, (size_t)n);
        from.len = sizeof(from.it);
    }
}

/* ---- the process --------------------------------------------------------- */

static void watch(int to, int i, int way)
{
    struct epoll_event e = {.events = EPOLLIN,
                            .data.u32 = (uint32_t)(2 * i + way)};

    epoll_ctl(to, EPOLL_CTL_ADD, flow[i].fd[way], &e);
}

static _Noreturn void run(void)
{
    struct epoll_event event[64];
    int ready = epoll_create1(EPOLL_CLOEXEC);

    for (int i = 0; i < relay->flows; i++) {
        watch(ready, i, RELAY_OUT);
        watch(ready, i, RELAY_BACK);
    }
    for (;;) {
        int64_t now = now_ns(), next = release(now);
        int ms = next < 0 ? -1 : (int)((next - now) / 1000000 + 1);
        int n = epoll_wait(ready, event, 64, ms);
        for (int i = 0; i < n; i++)
            receive((int)event[i].data.u32 / 2, (int)event[i].data.u32 % 2);
    }
}

static bool is_ours(int fd)
{
    for (int i = 0; i < relay->flows; i++)
        if (flow[i].fd[0] == fd || flow[i].fd[1] == fd)
            return true;
    return false;
}

/* What the test has open is not kept open here. */
static void close_others(void)
{
    int last = 2;

    for (int fd = 3; fd < HIGH + 4 * RELAY_FLOWS; fd++)
        if (is_ours(fd))
            last = fd;
        else
            close(fd);
    syscall(SYS_close_range, last > HIGH ? last + 1 : HIGH + 4 * RELAY_FLOWS,
            ~0u, 0);
}

/* Bound to an address that the kernel chooses: its name in *name. */
static int a_socket(const struct address *like, struct address *name)
{
    struct address any = *like;
    int fd = socket(like->it.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0), high;

    if (any.it.ss_family == AF_INET)
        ((struct sockaddr_in *)&any.it)->sin_port = 0;
    else if (any.it.ss_family == AF_INET6)
        ((struct sockaddr_in6 *)&any.it)->sin6_port = 0;
    else
        any.len = sizeof(sa_family_t);
    high = fcntl(fd, F_DUPFD_CLOEXEC, HIGH);
    close(fd);
    name->len = sizeof(name->it);
    if (bind(high, (struct sockaddr *)&any.it, any.len) == -1 ||
        getsockname(high, (struct sockaddr *)&name->it, &name->len) == -1)
        FAIL_TEST("the test itself could not make a relay: %s",
                  name_errno(errno));
    return high;
}

static void open_flows(void)
{
    struct address unused;

    for (int i = 0; i < relay->flows; i++) {
        flow[i] = (struct flow){0};
        flow[i].fd[RELAY_OUT] = a_socket(&relay->far, &relay->near[i]);
        flow[i].fd[RELAY_BACK] = a_socket(&relay->far, &unused);
    }
}

static void close_flows(void)
{
    for (int i = 0; i < relay->flows; i++) {
        close(flow[i].fd[0]);
        close(flow[i].fd[1]);
    }
}

struct relay *relay_start(const struct relay_weather *weather,
                          const struct sockaddr_storage *far, socklen_t far_len,
                          int flows)
{
    pid_t test = getpid(), pid;

    relay = fact_shared(sizeof(*relay));
    relay->weather = *weather;
    relay->far = (struct address){*far, far_len};
    relay->flows = flows < RELAY_FLOWS ? flows : RELAY_FLOWS;
    helds = 0;
    open_flows();
    pid = fact_fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != test)
            _exit(0);
        close_others();
        run();
    }
    relay->pid = pid; /* not in the child: this memory is shared */
    close_flows();
    return relay;
}

const struct sockaddr *relay_near(const struct relay *r, int i, socklen_t *len)
{
    *len = r->near[i].len;
    return (const struct sockaddr *)&r->near[i].it;
}

struct relay_count relay_counts(const struct relay *r, enum relay_way way)
{
#define COUNT(what) .what = r->count[way].what
    return (struct relay_count){
        COUNT(came),     COUNT(doubled), COUNT(lost),     COUNT(cut),
        COUNT(extended), COUNT(resized), COUNT(flipped),  COUNT(overtaken),
        COUNT(delayed),  COUNT(passed),  COUNT(silenced), COUNT(refused)};
#undef COUNT
}

void relay_until(const struct relay *r, enum relay_way way, int n)
{
    while (r->count[way].came < n || r->held[way] > 0)
        moment();
}

void relay_end(struct relay *r)
{
    kill(r->pid, SIGKILL);
    while (waitpid(r->pid, NULL, 0) == -1 && errno == EINTR)
        continue;
    munmap(r, sizeof(*r));
}
