/*
 * Technique: sockets stay blocking, each call says MSG_DONTWAIT; old and new
 * replies go with one sendmsg; accept, epoll_pwait, and buffers from mmap
 */
#include "harbour.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER = 4,
    TURN = 64 << 10, /* bytes of one client, before it is another's turn */
    ARRIVALS = 64,   /* new clients, before it is the old ones' turn */
    EVENTS = 256,
    SMALLEST = 256, /* buffer */
    RETRY_MS = 1000 /* to accept, when no client of ours may ever leave */
};

/* What is in it: bytes[at] to bytes[end - 1]. */
struct buffer {
    char *bytes;
    size_t at, end, room;
};

/* It owns a buffer only while half a request or unsent replies are in it;
 * otherwise it lives from the server's two. */
struct client {
    int fd;
    uint32_t interest;
    bool eof;      /* it sends nothing any more */
    bool over;     /* no request of it is handled any more */
    bool left;     /* it was told that no reply will come any more */
    bool gone;     /* nothing remains to be done but to close it */
    bool moved;    /* a byte, in this turn */
    size_t quota;  /* bytes that may still be read */
    int64_t since; /* when it last moved a byte, or was left */
    struct buffer in, out;
    TAILQ_ENTRY(client) link;
};

TAILQ_HEAD(list, client);

struct server {
    const struct harbour *how;
    int listener, stop_fd, epoll;
    int clients;
    bool open;        /* the listener is watched */
    bool starved;     /* accept found no descriptor, or no memory */
    bool knock, stop; /* seen in this round */
    bool stopping;
    int64_t end; /* of the grace, when stopping */
    size_t longest_in, longest_out;
    struct buffer in, out;
    struct list here, leaving; /* who has waited longest is first */
    struct epoll_event event[EVENTS];
};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* ---- buffers ------------------------------------------------------------ */

static size_t held(const struct buffer *b)
{
    return b->end - b->at;
}

static void clear(struct buffer *b)
{
    b->at = b->end = 0;
}

static void release(struct buffer *b)
{
    free(b->bytes);
    *b = (struct buffer){0};
}

/* Twice as much each time, so that copying stays in proportion; never more
 * than `most`, which is what may have to be held at once. */
static bool make_room(struct buffer *b, size_t n, size_t most)
{
    size_t have = held(b), room = b->room < SMALLEST ? SMALLEST : b->room;

    if (b->room - b->end >= n)
        return true;
    if (b->at > 0)
        memmove(b->bytes, b->bytes + b->at, have);
    b->at = 0;
    b->end = have;
    while (room < have + n)
        room *= 2;
    room = least(room, most);
    if (room <= b->room)
        return true;
    char *bytes = realloc(b->bytes, room);
    if (bytes == NULL)
        return false;
    b->bytes = bytes;
    b->room = room;
    return true;
}

/* What is left in `from`, behind what is in `to`. */
static bool stow(struct buffer *to, struct buffer *from, size_t most)
{
    size_t n = held(from);

    if (n > 0) {
        if (!make_room(to, n, most))
            return false;
        memcpy(to->bytes + to->end, from->bytes + from->at, n);
        to->end += n;
    }
    clear(from);
    return true;
}

/* ---- replies ------------------------------------------------------------ */

static bool is_behind(const struct server *s, const struct client *c)
{
    return held(&c->out) + held(&s->out) > s->how->max_pending;
}

static void send_some(struct client *c, struct buffer *out)
{
    struct iovec part[2] = {{c->out.bytes, held(&c->out)},
                            {out->bytes + out->at, held(out)}};
    struct msghdr all = {.msg_iov = part, .msg_iovlen = 2};

    if (part[0].iov_len + part[1].iov_len == 0)
        return;
    if (c->out.bytes)
        part[0].iov_base = c->out.bytes + c->out.at;
    ssize_t n = sendmsg(c->fd, &all, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n >= 0) {
        size_t old = least((size_t)n, part[0].iov_len);
        c->out.at += old;
        out->at += (size_t)n - old;
        c->moved = true;
    } else if (errno != EAGAIN && errno != EINTR)
        c->gone = true;
}

/* One send for all there is; the rest waits in the client's own buffer. */
static void deliver(struct server *s, struct client *c)
{
    send_some(c, &s->out);
    if (!stow(&c->out, &s->out, s->longest_out))
        c->gone = true;
    if (c->out.bytes && held(&c->out) == 0)
        release(&c->out);
}

/* ---- requests ----------------------------------------------------------- */

static struct buffer *input(struct server *s, struct client *c)
{
    return c->in.bytes ? &c->in : &s->in;
}

/* Is there a whole one? A negative length is a very long one, unsigned. */
static bool next_request(struct server *s, struct client *c, size_t *len)
{
    const struct buffer *in = input(s, c);
    uint32_t size;

    if (c->over || c->gone || held(in) < HEADER)
        return false;
    memcpy(&size, in->bytes + in->at, HEADER);
    *len = ntohl(size);
    if (*len > s->longest_in - HEADER)
        c->over = true;
    return !c->over && held(in) - HEADER >= *len;
}

static void handle(struct server *s, struct client *c, size_t len)
{
    const struct harbour *how = s->how;
    struct buffer *in = input(s, c);
    char *reply = s->out.bytes + s->out.end;
    ssize_t n = how->handle(in->bytes + in->at + HEADER, len, reply + HEADER,
                            how->max_reply, how->context);

    in->at += HEADER + len;
    if (n < 0) {
        c->over = true;
        return;
    }
    uint32_t size = htonl((uint32_t)n);
    memcpy(reply, &size, HEADER);
    s->out.end += HEADER + (size_t)n;
}

/* Handle all that has been read. If the client falls behind, the rest comes
 * when it has read: EPOLLOUT is awaited then. */
static void answer(struct server *s, struct client *c)
{
    size_t len;

    while (next_request(s, c, &len)) {
        if (is_behind(s, c) || held(&s->out) > TURN)
            deliver(s, c);
        if (is_behind(s, c) || c->gone)
            return;
        handle(s, c, len);
    }
    deliver(s, c);
}

/* One read, of one longest request at most: should the client fall behind,
 * no more than that is held for it. What is beyond comes in the next round. */
static void take(struct server *s, struct client *c)
{
    struct buffer *in = input(s, c);
    size_t more = least(held(in) + 1, s->longest_in - held(in));

    if (!make_room(in, more, s->longest_in)) {
        c->gone = true;
        return;
    }
    size_t room = least(least(in->room - in->end, TURN), c->quota);
    ssize_t n = recv(c->fd, in->bytes + in->end, room, MSG_DONTWAIT);
    if (n > 0) {
        in->end += (size_t)n;
        c->quota -= (size_t)n;
        c->moved = true;
    } else if (n == 0)
        c->eof = true;
    else if (errno != EAGAIN && errno != EINTR)
        c->gone = true;
}

/* ---- a client ----------------------------------------------------------- */

static bool may_read(const struct server *s, const struct client *c)
{
    if (c->eof || c->over)
        return c->left && !c->eof;
    return c->quota > 0 && !is_behind(s, c);
}

static void drop(struct server *s, struct client *c)
{
    /* Should a process that the handler forked have a copy of it, close alone
     * would leave it in the epoll set, with a pointer to nothing. */
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, c->fd, NULL);
    close(c->fd);
    TAILQ_REMOVE(c->left ? &s->leaving : &s->here, c, link);
    release(&c->in);
    release(&c->out);
    free(c);
    s->clients--;
    s->starved = false;
}

/* Nothing on its way to the client, nor unread from it? */
static bool is_quiet(int fd)
{
    char waste[4096];
    int sent = -1;

    for (int i = 0; i < 16 && recv(fd, waste, sizeof(waste), MSG_DONTWAIT) > 0;
         i++)
        ;
    return ioctl(fd, SIOCOUTQ, &sent) == 0 && sent == 0;
}

/* To close a socket that bytes still come to makes the kernel throw away the
 * replies that are on their way. So only say that there will be no more, and
 * wait for the client's end. */
static void leave(struct server *s, struct client *c)
{
    if (c->eof || is_quiet(c->fd) || shutdown(c->fd, SHUT_WR) == -1) {
        c->gone = true;
        return;
    }
    TAILQ_REMOVE(&s->here, c, link);
    TAILQ_INSERT_TAIL(&s->leaving, c, link);
    c->left = true;
    c->quota = SIZE_MAX;
    c->since = now_ms();
}

static void set_interest(struct server *s, struct client *c)
{
    struct epoll_event e = {.data.ptr = c};

    e.events =
        (may_read(s, c) ? EPOLLIN : 0U) | (held(&c->out) > 0 ? EPOLLOUT : 0U);
    if (e.events == c->interest)
        return;
    if (epoll_ctl(s->epoll, EPOLL_CTL_MOD, c->fd, &e) == -1)
        c->gone = true;
    c->interest = e.events;
}

static void touch(struct server *s, struct client *c)
{
    if (c->moved && !c->left) {
        c->since = now_ms();
        TAILQ_REMOVE(&s->here, c, link);
        TAILQ_INSERT_TAIL(&s->here, c, link);
    }
    c->moved = false;
}

/* Half a request stays in a buffer of the client's own. */
static void put_away(struct server *s, struct client *c)
{
    if (c->over) {
        release(&c->in);
        clear(&s->in);
    } else if (!c->in.bytes) {
        if (!stow(&c->in, &s->in, s->longest_in))
            c->gone = true;
    } else if (held(&c->in) == 0)
        release(&c->in);
}

/* Its turn. False: it is not there any more. */
static bool serve(struct server *s, struct client *c, uint32_t events)
{
    answer(s, c); /* what had to wait */
    if (events != EPOLLOUT && may_read(s, c) && !c->gone) {
        take(s, c);
        answer(s, c);
    }
    if ((c->eof || c->quota == 0) && !is_behind(s, c))
        c->over = true;
    put_away(s, c);
    if (c->over && held(&c->out) == 0 && !c->left)
        leave(s, c);
    touch(s, c);
    if (c->left && c->eof)
        c->gone = true;
    if (!c->gone)
        set_interest(s, c);
    if (!c->gone)
        return true;
    clear(&s->in);
    clear(&s->out);
    drop(s, c);
    return false;
}

/* Who seems to be idle gets a last chance: its bytes may have come while
 * others had their turn. */
static void cut_off(struct server *s, struct list *list, int after_ms)
{
    struct client *c;

    while (after_ms >= 0 && (c = TAILQ_FIRST(list)) != NULL &&
           now_ms() - c->since >= after_ms) {
        int64_t since = c->since;
        if (serve(s, c, EPOLLIN) && c->since == since)
            drop(s, c);
    }
}

/* ---- the listener ------------------------------------------------------- */

static void admit(struct server *s, int fd)
{
    struct client *c = calloc(1, sizeof(*c));
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};

    if (c == NULL || epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == -1) {
        free(c);
        close(fd);
        return;
    }
    /* A reply is whole when it is sent. Local sockets do not know this. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    c->fd = fd;
    c->interest = e.events;
    c->quota = SIZE_MAX;
    c->since = now_ms();
    TAILQ_INSERT_TAIL(&s->here, c, link);
    s->clients++;
}

static void let_in(struct server *s)
{
    struct pollfd stop = {.fd = s->stop_fd, .events = POLLIN};

    if (poll(&stop, 1, 0) != 0) /* a handler may just have asked for it */
        return;
    for (int i = 0; i < ARRIVALS && s->clients < s->how->max_connections; i++) {
        struct sockaddr_storage who;
        socklen_t size = sizeof(who);
        int fd = accept(s->listener, (struct sockaddr *)&who, &size);
        if (fd != -1) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            admit(s, fd);
        } else if (errno != EINTR && errno != ECONNABORTED) {
            s->starved = errno != EAGAIN;
            return;
        }
    }
}

static bool watch(struct server *s, int fd, void *mark)
{
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = mark};

    return epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) == 0;
}

/* Who may not come in is not listened to: its knocking would be reported
 * without end. */
static void mind_the_gate(struct server *s)
{
    bool open =
        !s->stopping && !s->starved && s->clients < s->how->max_connections;

    if (s->open && !open)
        epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listener, NULL);
    else if (!s->open && open && !watch(s, s->listener, &s->listener)) {
        s->starved = true;
        return;
    }
    s->open = open;
}

/* ---- the end ------------------------------------------------------------ */

/* What has arrived by now is read and answered, nothing else. */
static void last_call(struct server *s, struct client *c)
{
    int arrived = 0;
    size_t quota;

    ioctl(c->fd, FIONREAD, &arrived);
    c->quota = (size_t)arrived;
    do
        quota = c->quota;
    while (serve(s, c, EPOLLIN) && c->quota < quota);
}

static void stop(struct server *s)
{
    struct list all = TAILQ_HEAD_INITIALIZER(all);
    struct client *c;

    s->stopping = true;
    epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->stop_fd, NULL);
    TAILQ_CONCAT(&all, &s->here, link);
    while ((c = TAILQ_FIRST(&all)) != NULL) {
        TAILQ_REMOVE(&all, c, link);
        TAILQ_INSERT_TAIL(&s->here, c, link);
        last_call(s, c);
    }
    s->end = now_ms() + s->how->grace_ms;
}

/* ---- the loop ----------------------------------------------------------- */

static int64_t sooner(int64_t ms, const struct list *list, int after_ms)
{
    const struct client *c = TAILQ_FIRST(list);

    if (c == NULL || after_ms < 0)
        return ms;
    int64_t left = c->since + after_ms - now_ms();
    left = left > 0 ? left : 0;
    return ms < 0 || left < ms ? left : ms;
}

static int patience(const struct server *s)
{
    int64_t ms = s->starved ? RETRY_MS : -1;

    if (s->stopping) {
        ms = s->end - now_ms();
        ms = ms > 0 ? ms : 0;
    }
    ms = sooner(ms, &s->here, s->how->idle_ms);
    return (int)sooner(ms, &s->leaving, s->how->grace_ms);
}

static void hear(struct server *s, const struct epoll_event *e)
{
    if (e->data.ptr == &s->stop_fd)
        s->stop = true;
    else if (e->data.ptr == &s->listener)
        s->knock = true;
    else
        serve(s, e->data.ptr, e->events);
}

/* In a round everybody has one event, so that nobody ends another one whose
 * event is still to come: who ends, ends in its own, or after the round. */
static int run(struct server *s)
{
    while (!s->stopping || (s->clients > 0 && now_ms() < s->end)) {
        int n = epoll_pwait(s->epoll, s->event, EVENTS, patience(s), NULL);
        if (n == -1 && errno != EINTR)
            return -1;
        if (n == 0)
            s->starved = false;
        s->knock = false;
        for (int i = 0; i < n; i++)
            hear(s, &s->event[i]);
        if (s->stop && !s->stopping)
            stop(s);
        else if (s->knock && !s->stopping)
            let_in(s);
        cut_off(s, &s->here, s->how->idle_ms);
        cut_off(s, &s->leaving, s->how->grace_ms);
        mind_the_gate(s);
    }
    return 0;
}

static bool valid(const struct harbour *how)
{
    return how->handle != NULL && how->max_request > 0 && how->max_reply > 0 &&
           how->max_reply <= INT32_MAX && how->max_pending > 0 &&
           how->max_connections > 0 && how->idle_ms >= -1 &&
           how->idle_ms != 0 && how->grace_ms >= 0;
}

static bool is_listener(int fd)
{
    int listens = 0;
    socklen_t len = sizeof(listens);

    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == -1)
        return false;
    errno = EINVAL;
    return listens;
}

static void *pages(size_t n)
{
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
                   -1, 0);

    return p == MAP_FAILED ? NULL : p;
}

static bool set_up(struct server *s)
{
    s->longest_in = HEADER + least(s->how->max_request, INT32_MAX);
    s->longest_out =
        HEADER + s->how->max_reply + least(s->how->max_pending, SIZE_MAX / 4);
    s->in.room = least(TURN, s->longest_in);
    s->in.bytes = pages(s->in.room);
    s->out.room = TURN + HEADER + HEADER + s->how->max_reply;
    s->out.bytes = pages(s->out.room);
    if (!s->in.bytes || !s->out.bytes)
        return false;
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll == -1 || !watch(s, s->stop_fd, &s->stop_fd))
        return false;
    s->open = watch(s, s->listener, &s->listener);
    return s->open;
}

static void tear_down(struct server *s)
{
    int error = errno;

    while (!TAILQ_EMPTY(&s->here))
        drop(s, TAILQ_FIRST(&s->here));
    while (!TAILQ_EMPTY(&s->leaving))
        drop(s, TAILQ_FIRST(&s->leaving));
    if (s->epoll != -1)
        close(s->epoll);
    if (s->in.bytes)
        munmap(s->in.bytes, s->in.room);
    if (s->out.bytes)
        munmap(s->out.bytes, s->out.room);
    errno = error;
}

int harbour_serve(int listener, int stop_fd, const struct harbour *options)
{
    struct server s = {.how = options,
                       .listener = listener,
                       .stop_fd = stop_fd,
                       .epoll = -1,
                       .here = TAILQ_HEAD_INITIALIZER(s.here),
                       .leaving = TAILQ_HEAD_INITIALIZER(s.leaving)};
    int flags, rc = -1;

    if (!valid(options)) {
        errno = EINVAL;
        return -1;
    }
    if (!is_listener(listener) || (flags = fcntl(listener, F_GETFL)) == -1)
        return -1;
    /* Who knocked may be gone, or let in by another process, when we accept:
     * that would wait for the next one. */
    if (set_up(&s) && fcntl(listener, F_SETFL, flags | O_NONBLOCK) == 0) {
        rc = run(&s);
        int error = errno;
        fcntl(listener, F_SETFL, flags);
        errno = error;
    }
    tear_down(&s);
    return rc;
}
