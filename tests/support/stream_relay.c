/*
 * stream_relay.c — one process, a loop around poll.
 */
#include "stream_relay.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"

enum { MOST_LINES = 16, ROOM = 4096 };

struct stream_relay {
    pid_t pid;
    struct sockaddr_in near;
};

/* One way of a connection: what has come, and is not passed on yet. */
struct way {
    int from, to;
    long passed;
    size_t held, done;
    int64_t due;
    bool ended, told, silent;
    char bytes[ROOM];
};
static struct line {
    bool open;
    struct way way[2];
} line[MOST_LINES];
static const struct stream_manners *manners;

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* With a linger of 0 the peer hears ECONNRESET. */
static void reset(struct line *l)
{
    struct linger at_once = {.l_onoff = 1};

    for (int w = 0; w < 2; w++) {
        setsockopt(l->way[w].from, SOL_SOCKET, SO_LINGER, &at_once,
                   sizeof(at_once));
        close(l->way[w].from);
    }
    l->open = false;
}

static void begin(int door, const struct sockaddr *far, socklen_t far_len)
{
    int near = accept4(door, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK), on = 1;
    int there = socket(far->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct line *l = line;

    while (l < line + MOST_LINES && l->open)
        l++;
    if (near == -1 || there == -1 || l == line + MOST_LINES ||
        connect(there, far, far_len) == -1) {
        close(near);
        close(there);
        return;
    }
    setsockopt(near, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    setsockopt(there, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    memset(l, 0, sizeof(*l));
    l->way[STREAM_OUT].from = l->way[STREAM_BACK].to = near;
    l->way[STREAM_BACK].from = l->way[STREAM_OUT].to = there;
    l->open = true;
}

/* False: the line is broken. */
static bool hear(struct way *w, const struct stream_manners *m)
{
    ssize_t n = recv(w->from, w->bytes, ROOM, MSG_DONTWAIT);

    if (n == -1)
        return errno == EAGAIN;
    w->ended = n == 0;
    w->held = w->silent ? 0 : (size_t)n;
    w->done = 0;
    w->due = now_ms() + m->delay_ms;
    return true;
}

/* How many of the bytes that are held may go now? */
static size_t next_piece(const struct way *w, const struct stream_manners *m)
{
    size_t n = w->held - w->done;
    long stop = m->reset_at ? m->reset_at : m->silent_from;

    if (m->piece && n > m->piece)
        n = m->piece;
    if (stop && w->passed + (long)n >= stop)
        n = (size_t)(stop - 1 - w->passed);
    return n;
}

/* False: the line is cut. */
static bool pass(struct way *w, const struct stream_manners *m)
{
    size_t n = next_piece(w, m);
    ssize_t sent;

    if (n == 0 && m->reset_at)
        return false;
    if (n == 0) {
        w->silent = true;
        w->held = w->done = 0;
        return true;
    }
    sent = send(w->to, w->bytes + w->done, n, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent == -1)
        return errno == EAGAIN;
    w->passed += sent;
    w->done += (size_t)sent;
    w->due = now_ms() + m->delay_ms;
    return true;
}

/* What the way waits for, now: something to hear, room to pass it on, or a
 * moment. The time-out is shortened for the last. */
static void wishes(const struct way *w, struct pollfd wish[2], int *timeout)
{
    int64_t wait = w->due - now_ms();
    bool held = w->done < w->held;

    wish[0] = (struct pollfd){.fd = held || w->ended ? -1 : w->from,
                              .events = POLLIN};
    wish[1] = (struct pollfd){.fd = held && wait <= 0 ? w->to : -1,
                              .events = POLLOUT};
    if (held && wait > 0 && (*timeout == -1 || wait < *timeout))
        *timeout = (int)wait;
}

/* False: the line is over. */
static bool serve(struct way *w, const struct stream_manners *m,
                  const struct pollfd wish[2])
{
    if ((wish[0].revents && !hear(w, m)) || (wish[1].revents && !pass(w, m)))
        return false;
    if (w->ended && !w->told && !w->silent && w->done == w->held) {
        w->told = true;
        shutdown(w->to, SHUT_WR);
    }
    return true;
}

static void serve_line(struct line *l, const struct pollfd *wish)
{
    for (int w = 0; w < 2 && l->open; w++)
        if (!serve(&l->way[w], &manners[w], wish + 2 * w))
            reset(l);
    if (l->open && l->way[0].told && l->way[1].told) {
        close(l->way[0].from);
        close(l->way[1].from);
        l->open = false;
    }
}

static _Noreturn void relay_main(int door, const struct sockaddr *far,
                                 socklen_t far_len)
{
    struct pollfd wish[1 + 4 * MOST_LINES];

    for (;;) {
        int timeout = -1;
        wish[0] = (struct pollfd){.fd = door, .events = POLLIN};
        for (int i = 0; i < MOST_LINES; i++)
            for (int w = 0; w < 2; w++) {
                struct pollfd *p = wish + 1 + 4 * i + 2 * w;
                p[0] = p[1] = (struct pollfd){.fd = -1};
                if (line[i].open)
                    wishes(&line[i].way[w], p, &timeout);
            }
        poll(wish, 1 + 4 * MOST_LINES, timeout);
        for (int i = 0; i < MOST_LINES; i++)
            if (line[i].open)
                serve_line(&line[i], wish + 1 + 4 * i);
        if (wish[0].revents)
            begin(door, far, far_len);
    }
}

struct stream_relay *stream_relay_start(const struct stream_manners way[2],
                                        const void *far, socklen_t far_len)
{
    struct stream_relay *relay = calloc(1, sizeof(*relay));
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t len = sizeof(relay->near);
    struct sockaddr_storage there;
    pid_t parent = getpid();

    memcpy(&there, far, far_len);
    relay->near.sin_family = AF_INET;
    relay->near.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(door, (struct sockaddr *)&relay->near, len) == -1 ||
        listen(door, MOST_LINES) == -1)
        FAIL_TEST("the test itself got no port for its relay");
    getsockname(door, (struct sockaddr *)&relay->near, &len);
    relay->pid = fact_fork();
    if (relay->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(0);
        manners = way;
        relay_main(door, (struct sockaddr *)&there, far_len);
    }
    close(door);
    return relay;
}

const struct sockaddr *stream_relay_near(const struct stream_relay *relay,
                                         socklen_t *len)
{
    *len = sizeof(relay->near);
    return (const struct sockaddr *)&relay->near;
}

void stream_relay_end(struct stream_relay *relay)
{
    kill(relay->pid, SIGKILL);
    while (waitpid(relay->pid, NULL, 0) == -1 && errno == EINTR)
        continue;
    free(relay);
}
