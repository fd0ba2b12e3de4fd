/*
 * bench_load_generator.c — many connections, and requests on all of them.
 *
 * It looks at the clock once for all replies that one read brings, and it
 * never sleeps if it has a core of its own: whom it would have to be woken by
 * is measured.
 */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench_load_part.h"

static const double warm_up = 0.03, window = 0.12, patience = 10;

enum { MOST_IN_FLIGHT = 64, MOST_EVENTS = 256, REPLIES = 64 << 10 };

/* How long requests took: STEPS buckets to each power of two nanoseconds. */
enum { STEPS = 32, POWERS = 40 };
struct times {
    uint32_t bucket[STEPS * POWERS];
    long count;
};

struct line {
    int fd;
    size_t at;                   /* bytes of the reply in hand that have come */
    unsigned nth, asked;         /* requests, answered and sent … */
    double sent[MOST_IN_FLIGHT]; /* … and when, at nth % MOST_IN_FLIGHT */
};

struct generator {
    const struct load_way *way;
    struct line *line;
    int lines, in_flight, epoll;
    int silent; /* lines that have had no reply yet */
    bool counts;
    struct times times;
    char *requests; /* MOST_IN_FLIGHT of them */
    char *replies;  /* so many bytes of them, beginning anywhere in one */
};

static void note_time(struct times *t, double seconds)
{
    double ns = seconds * 1e9;
    int exponent, i;

    if (ns < 1)
        ns = 1;
    double fraction = frexp(ns, &exponent); /* 0.5 … 1 */
    i = exponent * STEPS + (int)((fraction - 0.5) * 2 * STEPS);
    t->bucket[i < STEPS * POWERS ? i : STEPS * POWERS - 1]++;
    t->count++;
}

/* The time that so many of a thousand stay below. */
static double time_at(const struct times *t, int per_mille)
{
    long before = t->count * per_mille / 1000;

    for (int i = 0; i < STEPS * POWERS; i++) {
        before -= t->bucket[i];
        if (before < 0)
            return ldexp(0.5 + (i % STEPS + 0.5) / (2 * STEPS), i / STEPS) /
                   1e9;
    }
    return 0;
}

static bool make_bytes(struct generator *g)
{
    const struct load_way *w = g->way;
    size_t size = REPLIES + w->reply_size;

    g->requests = malloc(MOST_IN_FLIGHT * w->request_size);
    g->replies = malloc(size);
    if (!g->requests || !g->replies)
        return false;
    for (size_t i = 0; i < MOST_IN_FLIGHT; i++)
        memcpy(g->requests + i * w->request_size, w->request, w->request_size);
    for (size_t i = 0; i < size; i++)
        g->replies[i] = w->reply[i % w->reply_size];
    return true;
}

/* Programs need a while until they listen. */
static int call(const struct sockaddr *at, socklen_t length, pid_t server)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    double late = flow_now() + patience;
    int fd = socket(at->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    siginfo_t ended = {0};

    while (fd >= 0 && connect(fd, at, length) == -1) {
        int error = errno;
        waitid(P_PID, (id_t)server, &ended, WEXITED | WNOHANG | WNOWAIT);
        if ((error != ENOENT && error != ECONNREFUSED && error != EAGAIN) ||
            ended.si_pid || flow_now() > late) {
            close(fd);
            errno = error;
            return -1;
        }
        nanosleep(&moment, NULL);
    }
    return fd;
}

/* 0, or an errno. */
static int ask(struct generator *g, struct line *l, int count, double now)
{
    size_t size = (size_t)count * g->way->request_size;
    ssize_t n = send(l->fd, g->requests, size, MSG_NOSIGNAL | MSG_DONTWAIT);

    if (n != (ssize_t)size)
        return n == -1 ? errno : ENOBUFS;
    for (int i = 0; i < count; i++)
        l->sent[l->asked++ % MOST_IN_FLIGHT] = now;
    return 0;
}

static int connect_all(struct generator *g, const struct sockaddr *at,
                       socklen_t length, pid_t server)
{
    for (int i = 0; i < g->lines; i++) {
        struct epoll_event e = {.events = EPOLLIN | EPOLLET,
                                .data.ptr = &g->line[i]};
        g->line[i].fd = call(at, length, server);
        if (g->line[i].fd == -1 ||
            epoll_ctl(g->epoll, EPOLL_CTL_ADD, g->line[i].fd, &e) == -1)
            return errno;
    }
    g->silent = g->lines;
    for (int i = 0; i < g->lines; i++) {
        int error = ask(g, &g->line[i], g->in_flight, flow_now());
        if (error)
            return error;
    }
    return 0;
}

/* What there is, and as many new requests. 0, or an errno. */
static int hear(struct generator *g, struct line *l)
{
    static char bytes[REPLIES];
    ssize_t n = recv(l->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n <= 0)
        return n == 0 ? ECONNRESET : errno == EAGAIN ? 0 : errno;
    if (memcmp(bytes, g->replies + l->at, (size_t)n) != 0)
        return EPROTO;
    double now = flow_now();
    l->at += (size_t)n;
    int count = (int)(l->at / g->way->reply_size);
    l->at %= g->way->reply_size;
    if ((unsigned)count > l->asked - l->nth)
        return EPROTO;
    g->silent -= l->nth == 0 && count > 0;
    for (int i = 0; i < count; i++, l->nth++)
        if (g->counts)
            note_time(&g->times, now - l->sent[l->nth % MOST_IN_FLIGHT]);
    return count ? ask(g, l, count, now) : 0;
}

static int turn(struct generator *g, bool alone)
{
    struct epoll_event event[MOST_EVENTS];
    int n = epoll_wait(g->epoll, event, MOST_EVENTS, alone ? 0 : 1);
    int error = n == -1 && errno != EINTR ? errno : 0;

    for (int i = 0; i < n && !error; i++)
        error = hear(g, event[i].data.ptr);
    return error;
}

static double cpu_of(pid_t pid)
{
    clockid_t clock;
    struct timespec t;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* For so long, and until there is what is waited for: 0, or an errno. A busy
 * machine may not let anybody run for a while. */
static int go_on(struct generator *g, double began, double seconds)
{
    bool alone = flow_core(1) >= 0;
    double now = began;
    int error = 0;

    while (!error && (now < began + seconds || g->silent ||
                      (g->counts && g->times.count == 0))) {
        error = turn(g, alone);
        now = flow_now();
        if (now > began + patience)
            return ETIMEDOUT;
    }
    return error;
}

/* Everybody has to be heard once, then it counts. */
static int measure(struct generator *g, pid_t server, struct load_round *r)
{
    int error = go_on(g, flow_now(), warm_up);
    double began = flow_now(), now, cpu = cpu_of(server);

    if (error)
        return error;
    g->counts = true;
    error = go_on(g, began, window);
    if (error)
        return error;
    now = flow_now();
    cpu = cpu_of(server) - cpu;
    r->rate = (double)g->times.count / (now - began);
    r->cpu_rate = cpu > 0 ? (double)g->times.count / cpu : 0;
    r->median = time_at(&g->times, 500);
    r->p99 = time_at(&g->times, 990);
    return 0;
}

int load_generate(const struct load_way *way, const struct sockaddr *at,
                  socklen_t length, int connections, int in_flight,
                  pid_t server, struct load_round *r)
{
    struct generator g = {
        .way = way, .lines = connections, .in_flight = in_flight};
    int error;

    g.line = calloc((size_t)connections, sizeof(*g.line));
    g.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (!g.line || g.epoll == -1 || !make_bytes(&g))
        return errno;
    error = connect_all(&g, at, length, server);
    if (!error)
        error = measure(&g, server, r);
    for (int i = 0; i < connections; i++)
        if (g.line[i].fd > 0)
            close(g.line[i].fd);
    return error;
}
