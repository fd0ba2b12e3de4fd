/*
 * Technique: poll over an array built anew each round; a length is read, then
 * just its request; replies wait in a linked list, one block each
 */
#include "harbour.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

struct reply {
    struct reply *next;
    size_t len, sent;
    unsigned char bytes[];
};

struct conn {
    struct conn *next;
    int fd;
    unsigned char head[4];
    size_t have, len;    /* of the request at hand, with its head */
    unsigned char *body; /* as long as what has come, twice as much at most */
    size_t room;
    struct reply *first, **last;
    size_t pending;
    long long seen;
    long may_take; /* at the stop: bytes */
    bool eof, finished, shut, dead;
};

static long long clock_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static void end(struct conn *c)
{
    for (struct reply *r = c->first, *next; r; r = next) {
        next = r->next;
        free(r);
    }
    free(c->body);
    close(c->fd);
    free(c);
}

static void flush(struct conn *c)
{
    while (c->first && !c->dead) {
        struct reply *r = c->first;
        ssize_t n = send(c->fd, r->bytes + r->sent, r->len - r->sent,
                         MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n == -1) {
            c->dead = errno != EAGAIN && errno != EINTR;
            return;
        }
        c->seen = clock_ms();
        c->pending -= (size_t)n;
        r->sent += (size_t)n;
        if (r->sent < r->len)
            return;
        c->first = r->next;
        if (!c->first)
            c->last = &c->first;
        free(r);
    }
}

static void request_is_whole(struct conn *c, const struct harbour *o)
{
    struct reply *r = malloc(sizeof(*r) + 4 + o->max_reply), *less;
    ssize_t n = -1;

    if (r)
        n = o->handle(c->body ? c->body : c->head, c->len, r->bytes + 4,
                      o->max_reply, o->context);
    free(c->body);
    c->body = NULL;
    c->room = c->have = 0;
    if (n < 0) {
        c->finished = true;
        free(r);
        return;
    }
    for (int i = 0; i < 4; i++)
        r->bytes[i] = (unsigned char)((unsigned long)n >> (24 - 8 * i));
    r->len = 4 + (size_t)n;
    r->sent = 0;
    r->next = NULL;
    less = realloc(r, sizeof(*r) + r->len);
    r = less ? less : r;
    *c->last = r;
    c->last = &r->next;
    c->pending += r->len;
}

/* True: a step was made, another may follow. */
static bool step(struct conn *c, const struct harbour *o)
{
    unsigned char waste[512], *to = waste;
    size_t want = sizeof(waste);

    if (!c->shut) {
        if (c->have < 4) {
            to = c->head + c->have;
            want = 4 - c->have;
        } else {
            size_t got = c->have - 4;
            if (got == c->room) {
                size_t room = c->room ? 2 * c->room : 200;
                room = room < c->len ? room : c->len;
                unsigned char *more = realloc(c->body, room);
                if (!more) {
                    c->dead = true;
                    return false;
                }
                c->body = more;
                c->room = room;
            }
            to = c->body + got;
            want = c->room - got;
        }
        if (c->may_take >= 0 && want > (size_t)c->may_take)
            want = (size_t)c->may_take;
        if (want == 0) {
            c->finished = true;
            return false;
        }
    }
    ssize_t n = recv(c->fd, to, want, MSG_DONTWAIT);
    if (n == 0) {
        c->eof = true;
        return false;
    }
    if (n == -1) {
        c->dead = errno != EAGAIN && errno != EINTR;
        return false;
    }
    if (c->shut)
        return true;
    c->seen = clock_ms();
    if (c->may_take >= 0)
        c->may_take -= n;
    c->have += (size_t)n;
    if (c->have == 4) {
        c->len = (size_t)c->head[0] << 24 | (size_t)c->head[1] << 16 |
                 (size_t)c->head[2] << 8 | c->head[3];
        if (c->len > o->max_request || c->len > INT_MAX) {
            c->finished = true;
            return false;
        }
    }
    if (c->have >= 4 && c->have == 4 + c->len)
        request_is_whole(c, o);
    return true;
}

static void turn(struct conn *c, const struct harbour *o)
{
    for (int i = 0; i < 20 && !c->dead && !c->eof; i++) {
        if (c->finished && !c->shut)
            break;
        if (c->pending > o->max_pending)
            flush(c);
        if (c->pending > o->max_pending || !step(c, o))
            break;
    }
    flush(c);
}

/* Is it over with this one? */
static bool over(struct conn *c, bool stopping)
{
    int left = 1;

    if (c->eof && !c->shut)
        c->finished = true;
    if (!c->dead && c->finished && !c->first && !c->shut) {
        shutdown(c->fd, SHUT_WR);
        c->shut = true;
        c->seen = clock_ms();
    }
    if (c->shut && c->eof)
        return true;
    if (c->shut && !stopping && ioctl(c->fd, SIOCOUTQ, &left) == 0 && left == 0)
        return true;
    return c->dead;
}

static int lasts(struct conn *all, const struct harbour *o, long long deadline)
{
    long long now = clock_ms(), least = deadline;

    for (struct conn *c = all; c; c = c->next) {
        long long at = c->shut          ? c->seen + o->grace_ms
                       : o->idle_ms < 0 ? LLONG_MAX
                                        : c->seen + o->idle_ms;
        least = at < least ? at : least;
    }
    if (least == LLONG_MAX)
        return -1;
    return least > now ? (int)(least - now) : 0;
}

static int serve_all(int listener, int stop, const struct harbour *o)
{
    struct conn *all = NULL, **link, *c;
    struct pollfd *p = NULL;
    int count = 0, room = 0;
    long long deadline = LLONG_MAX;
    bool full = false;

    while (deadline == LLONG_MAX || (all && clock_ms() < deadline)) {
        if (room < count + 3) {
            struct pollfd *more = realloc(p, (size_t)(count + 67) * sizeof(*p));
            if (more) {
                p = more;
                room = count + 67;
            } else if (room == 0)
                return -1;
        }
        bool open = deadline == LLONG_MAX && !full &&
                    count < o->max_connections && count + 2 < room;
        p[0] = (struct pollfd){deadline == LLONG_MAX ? stop : -1, POLLIN, 0};
        p[1] = (struct pollfd){open ? listener : -1, POLLIN, 0};
        int n = 2;
        for (c = all; c && n < room; c = c->next, n++) {
            bool reads =
                !c->eof &&
                (c->shut || (!c->finished && c->pending <= o->max_pending));
            p[n] = (struct pollfd){
                c->fd, (short)((reads ? POLLIN : 0) | (c->first ? POLLOUT : 0)),
                0};
        }
        int ready = poll(p, (nfds_t)n, lasts(all, o, deadline));
        if (ready == -1 && errno != EINTR)
            break;
        if (ready == -1)
            continue;
        n = 2;
        for (c = all; c; c = c->next, n++)
            if (p[n].revents)
                turn(c, o);
        if (p[0].revents) {
            deadline = clock_ms();
            for (c = all; c; c = c->next) {
                int there = 0;
                ioctl(c->fd, FIONREAD, &there);
                c->may_take = c->shut ? -1 : there;
                long before;
                do {
                    before = c->may_take;
                    turn(c, o);
                } while (!c->shut && !c->dead && !c->finished &&
                         c->may_take > 0 && c->may_take < before);
                if (c->may_take == 0 && c->pending <= o->max_pending)
                    c->finished = true;
            }
            deadline = clock_ms() + o->grace_ms;
        }
        for (link = &all; (c = *link);) {
            long long quiet = clock_ms() - c->seen;
            bool late = c->shut ? quiet >= o->grace_ms
                                : o->idle_ms >= 0 && quiet >= o->idle_ms;
            if (over(c, deadline != LLONG_MAX) || late) {
                *link = c->next;
                end(c);
                count--;
                full = false;
            } else
                link = &c->next;
        }
        if (p[1].revents && deadline == LLONG_MAX &&
            poll(&(struct pollfd){stop, POLLIN, 0}, 1, 0) == 0) {
            int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (fd == -1)
                full = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
                       errno == ENOMEM;
            else if (!(c = calloc(1, sizeof(*c))))
                close(fd);
            else {
                c->fd = fd;
                c->last = &c->first;
                c->seen = clock_ms();
                c->may_take = -1;
                c->next = all;
                all = c;
                count++;
            }
        }
    }
    for (; all; all = c) {
        c = all->next;
        end(all);
    }
    free(p);
    return 0;
}

int harbour_serve(int listener, int stop_fd, const struct harbour *o)
{
    int is = 0, flags, rc, error;
    socklen_t len = sizeof(is);

    if (!o->handle || !o->max_request || !o->max_reply || !o->max_pending ||
        o->max_connections <= 0) {
        errno = EINVAL;
        return -1;
    }
    if (getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &is, &len) == -1 ||
        fcntl(stop_fd, F_GETFD) == -1)
        return -1;
    flags = fcntl(listener, F_GETFL);
    fcntl(listener, F_SETFL, flags | O_NONBLOCK);
    rc = serve_all(listener, stop_fd, o);
    error = errno;
    fcntl(listener, F_SETFL, flags);
    errno = error;
    return rc;
}
