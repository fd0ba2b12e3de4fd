/*
 * Mistake: takes a new client for the one that had its descriptor before.
 * Caught by: descriptors_are_used_again_in_the_same_round
 * Saying: taken for that of a client that had the same descriptor before
 */
#include "harbour.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { PIECE = 4096 };

typedef unsigned char byte;

struct ship {
    int fd;
    bool away;
    bool readable, writable, ended, closing, shut, lost, listed;
    byte *in, *out;
    size_t in_len, in_room, out_at, out_len, out_room;
    size_t allowed;
    int64_t moved;
    struct ship *next_ready;
};

struct state {
    const struct harbour *o;
    int epoll, timer, listener, stop;
    struct ship **ship; /* by descriptor */
    int ships_room, ships;
    struct ship *ready, **ready_end;
    bool knocking, exhausted, stopping, stopped;
    int64_t until;
    byte *reply;
};

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void list(struct state *s, struct ship *v)
{
    if (v->listed)
        return;
    v->listed = true;
    v->next_ready = NULL;
    *s->ready_end = v;
    s->ready_end = &v->next_ready;
}

static bool grow(byte **at, size_t *room, size_t need)
{
    size_t n = *room ? *room : 128;

    if (need <= *room)
        return true;
    while (n < need)
        n += n / 2;
    byte *more = realloc(*at, n);
    if (!more)
        return false;
    *at = more;
    *room = n;
    return true;
}

static size_t pending(const struct ship *v)
{
    return v->out_len - v->out_at;
}

static void write_some(struct ship *v)
{
    while (v->writable && pending(v) > 0 && !v->lost) {
        ssize_t n = send(v->fd, v->out + v->out_at, pending(v), MSG_NOSIGNAL);
        if (n >= 0) {
            v->out_at += (size_t)n;
            v->moved = now();
        } else if (errno == EAGAIN)
            v->writable = false;
        else if (errno != EINTR)
            v->lost = true;
    }
    if (pending(v) == 0) {
        free(v->out);
        v->out = NULL;
        v->out_at = v->out_len = v->out_room = 0;
    }
}

static bool queue_reply(struct ship *v, const byte *reply, size_t n)
{
    uint32_t head = htobe32((uint32_t)n);

    if (v->out_at > 0) {
        memmove(v->out, v->out + v->out_at, pending(v));
        v->out_len -= v->out_at;
        v->out_at = 0;
    }
    if (!grow(&v->out, &v->out_room, v->out_len + 4 + n))
        return false;
    memcpy(v->out + v->out_len, &head, 4);
    memcpy(v->out + v->out_len + 4, reply, n);
    v->out_len += 4 + n;
    return true;
}

/* Handle what is whole; at most some, so that others have their turn. */
static bool handle_some(struct state *s, struct ship *v)
{
    size_t at = 0;
    int count = 0;
    bool more = false;

    while (!v->closing && !v->lost && v->in_len - at >= 4) {
        uint32_t n;
        memcpy(&n, v->in + at, 4);
        n = be32toh(n);
        if (n > s->o->max_request || n > INT32_MAX) {
            v->closing = true;
            break;
        }
        if (v->in_len - at - 4 < n)
            break;
        more = count == 50;
        if (pending(v) > s->o->max_pending)
            write_some(v);
        if (more || pending(v) > s->o->max_pending)
            break;
        ssize_t r = s->o->handle(v->in + at + 4, n, s->reply, s->o->max_reply,
                                 s->o->context);
        at += 4 + n;
        count++;
        if (r < 0)
            v->closing = true;
        else if (!queue_reply(v, s->reply, (size_t)r))
            v->lost = true;
    }
    if (at > 0)
        memmove(v->in, v->in + at, v->in_len - at);
    v->in_len -= at;
    if (v->in_len == 0) {
        free(v->in);
        v->in = NULL;
        v->in_room = 0;
    }
    return more;
}

static bool has_whole(const struct state *s, const struct ship *v)
{
    uint32_t n;

    if (v->in_len < 4)
        return false;
    memcpy(&n, v->in, 4);
    n = be32toh(n);
    return n > s->o->max_request || v->in_len - 4 >= n;
}

static void read_some(struct state *s, struct ship *v)
{
    byte waste[PIECE];
    size_t most = PIECE;

    if (v->ended || v->lost || !v->readable)
        return;
    if (!v->shut &&
        (v->closing || pending(v) > s->o->max_pending || has_whole(s, v)))
        return;
    if (v->shut) {
        v->in_len = 0;
    } else {
        most = most < v->allowed ? most : v->allowed;
        size_t whole = 4 + s->o->max_request - v->in_len;
        most = most < whole ? most : whole;
        if (most == 0)
            return;
    }
    ssize_t n = recv(v->fd, waste, most, 0);
    if (n == 0)
        v->ended = true;
    else if (n == -1 && errno == EAGAIN)
        v->readable = false;
    else if (n == -1)
        v->lost = errno != EINTR;
    else if (!v->shut) {
        v->moved = now();
        if (v->allowed != SIZE_MAX)
            v->allowed -= (size_t)n;
        if (!grow(&v->in, &v->in_room, v->in_len + (size_t)n))
            v->lost = true;
        else {
            memcpy(v->in + v->in_len, waste, (size_t)n);
            v->in_len += (size_t)n;
        }
    }
}

static void forget(struct state *s, struct ship *v)
{
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, v->fd, NULL);
    close(v->fd);
    v->away = true; /* for the next one with this descriptor */
    s->ships--;
    s->exhausted = false;
}

static void look_after(struct state *s, struct ship *v)
{
    bool more;

    write_some(v);
    more = handle_some(s, v);
    if (!more) {
        read_some(s, v);
        more = handle_some(s, v);
    }
    write_some(v);
    if ((v->ended || v->allowed == 0) && !has_whole(s, v))
        v->closing = true;
    if (v->closing && pending(v) == 0 && !v->shut && !v->lost) {
        v->shut = true;
        v->lost = shutdown(v->fd, SHUT_WR) == -1;
        v->moved = now();
    }
    if (v->lost || (v->shut && v->ended)) {
        forget(s, v);
        return;
    }
    bool reads = v->readable && !v->ended &&
                 (v->shut || (!v->closing && pending(v) <= s->o->max_pending));
    if (more || reads || (v->writable && pending(v) > 0) ||
        (has_whole(s, v) && pending(v) <= s->o->max_pending && !v->closing))
        list(s, v);
}

static bool remember(struct state *s, struct ship *v)
{
    if (v->fd >= s->ships_room) {
        size_t n = (size_t)v->fd + 64;
        struct ship **more = realloc(s->ship, n * sizeof(*more));
        if (!more)
            return false;
        for (size_t i = (size_t)s->ships_room; i < n; i++)
            more[i] = NULL;
        s->ship = more;
        s->ships_room = (int)n;
    }
    s->ship[v->fd] = v;
    return true;
}

static void welcome(struct state *s)
{
    struct pollfd stop = {s->stop, POLLIN, 0};

    while (s->knocking && !s->stopping && !s->exhausted &&
           s->ships < s->o->max_connections) {
        if (poll(&stop, 1, 0) != 0)
            return;
        int fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd == -1) {
            if (errno == EAGAIN)
                s->knocking = false;
            else if (errno != EINTR && errno != ECONNABORTED)
                s->exhausted = true;
            return;
        }
        struct ship *v = fd < s->ships_room && s->ship[fd]
                             ? s->ship[fd]
                             : calloc(1, sizeof(*v));
        struct epoll_event e = {EPOLLIN | EPOLLOUT | EPOLLET, {.fd = fd}};
        if (v && v->away)
            v->away = false;
        else if (v)
            *v = (struct ship){.fd = fd, .allowed = SIZE_MAX, .moved = now()};
        if (!v || !remember(s, v) ||
            epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == -1) {
            if (v && fd < s->ships_room)
                s->ship[fd] = NULL;
            free(v);
            close(fd);
            continue;
        }
        s->ships++;
    }
}

static void set_timer(struct state *s)
{
    struct itimerspec t = {{0, 0}, {0, 0}};
    int64_t first = s->stopping ? s->until : INT64_MAX, left;

    for (int fd = 0; fd < s->ships_room; fd++) {
        const struct ship *v = s->ship[fd];
        if (!v || v->away)
            continue;
        int64_t ms = v->shut ? s->o->grace_ms : s->o->idle_ms;
        if (ms >= 0 && v->moved + ms * 1000 < first)
            first = v->moved + ms * 1000;
    }
    if (first != INT64_MAX) {
        left = first - now();
        left = left > 0 ? left : 1;
        t.it_value.tv_sec = left / 1000000;
        t.it_value.tv_nsec = left % 1000000 * 1000;
    }
    timerfd_settime(s->timer, 0, &t, NULL);
}

static void time_is_over(struct state *s)
{
    uint64_t times;

    if (read(s->timer, &times, sizeof(times)) == -1)
        return;
    for (int fd = 0; fd < s->ships_room; fd++) {
        struct ship *v = s->ship[fd];
        int64_t ms = !v ? -1 : v->shut ? s->o->grace_ms : s->o->idle_ms;
        if (v && !v->away && ms >= 0 && v->moved + ms * 1000 <= now() && !v->listed)
            forget(s, v);
    }
}

static void drain(struct state *s)
{
    s->stopping = true;
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->stop, NULL);
    for (int fd = 0; fd < s->ships_room; fd++) {
        struct ship *v = s->ship[fd];
        int there = 0;
        if (!v || v->away || v->shut)
            continue;
        ioctl(fd, FIONREAD, &there);
        v->allowed = (size_t)there;
        list(s, v);
    }
    s->until = now() + (int64_t)s->o->grace_ms * 1000;
}

static void one_round(struct state *s, const struct epoll_event *e, int n)
{
    bool timer = false, stop = false;

    for (int i = 0; i < n; i++) {
        int fd = e[i].data.fd;
        timer |= fd == s->timer;
        stop |= fd == s->stop;
        s->knocking |= fd == s->listener;
        if (fd == s->timer || fd == s->stop || fd == s->listener)
            continue;
        struct ship *v = s->ship[fd];
        if (e[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
            v->readable = true;
        if (e[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
            v->writable = true;
        list(s, v);
    }
    if (stop)
        drain(s);
    struct ship *todo = s->ready, *next;
    s->ready = NULL;
    s->ready_end = &s->ready;
    for (; todo; todo = next) {
        next = todo->next_ready;
        todo->listed = false;
        look_after(s, todo);
    }
    if (timer)
        time_is_over(s);
    welcome(s);
}

static int loop(struct state *s)
{
    struct epoll_event e[64];

    while (!s->stopping || (s->ships > 0 && now() < s->until)) {
        if (!s->ready)
            set_timer(s);
        int n = epoll_wait(s->epoll, e, 64, s->ready ? 0 : -1);
        if (n == -1 && errno != EINTR)
            return -1;
        one_round(s, e, n > 0 ? n : 0);
    }
    return 0;
}

static bool begin(struct state *s)
{
    struct epoll_event listener = {EPOLLIN | EPOLLET, {.fd = s->listener}};
    struct epoll_event stop = {EPOLLIN, {.fd = s->stop}};
    struct epoll_event timer;

    s->reply = malloc(s->o->max_reply);
    if (!s->reply)
        return false;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll == -1)
        return false;
    s->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    timer = (struct epoll_event){EPOLLIN, {.fd = s->timer}};
    return s->timer != -1 &&
           epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->timer, &timer) == 0 &&
           epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->stop, &stop) == 0 &&
           epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &listener) == 0;
}

int harbour_serve(int listener, int stop_fd, const struct harbour *o)
{
    struct state s = {.o = o,
                      .epoll = -1,
                      .timer = -1,
                      .listener = listener,
                      .stop = stop_fd};
    int yes = 0, rc = -1, error, flags;
    socklen_t len = sizeof(yes);

    if (!o->handle || o->max_request == 0 || o->max_reply == 0 ||
        o->max_pending == 0 || o->max_connections < 1) {
        errno = EINVAL;
        return -1;
    }
    if (getsockopt(listener, SOL_SOCKET, SO_ACCEPTCONN, &yes, &len) == -1)
        return -1;
    s.ready_end = &s.ready;
    flags = fcntl(listener, F_GETFL);
    if (begin(&s)) {
        fcntl(listener, F_SETFL, flags | O_NONBLOCK);
        rc = loop(&s);
        fcntl(listener, F_SETFL, flags);
    }
    error = errno;
    for (int fd = 0; fd < s.ships_room; fd++)
        if (s.ship[fd]) {
            if (!s.ship[fd]->away)
                close(fd);
            free(s.ship[fd]->in);
            free(s.ship[fd]->out);
            free(s.ship[fd]);
        }
    free(s.ship);
    free(s.reply);
    if (s.timer != -1)
        close(s.timer);
    if (s.epoll != -1)
        close(s.epoll);
    errno = error;
    return rc;
}
