/*
 * explain_watch.c — what poll, select and epoll_wait wait for.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

#include "explain_parts.h"
#include "proc.h"

static int of_poll(const struct task *t, struct interest list[])
{
    struct pollfd polled[WATCHED];
    size_t n = t->arg[1] < WATCHED ? t->arg[1] : WATCHED;
    int count = 0;
    if (proc_memory(t->pid, t->arg[0], polled, n * sizeof(*polled)) !=
        n * sizeof(*polled))
        return -1;
    for (size_t i = 0; i < n; i++)
        if (polled[i].fd >= 0)
            list[count++] =
                (struct interest){polled[i].fd, polled[i].events & POLLIN,
                                  polled[i].events & POLLOUT, 0};
    return count;
}

/* The kernel reads whole words of the sets, as many as it needs. */
static bool read_set(const struct task *t, int n, fd_set *set)
{
    size_t bytes = (t->arg[0] + 63) / 64 * 8;
    FD_ZERO(set);
    if (bytes > sizeof(*set))
        bytes = sizeof(*set);
    return t->arg[n] == 0 ||
           proc_memory(t->pid, t->arg[n], set, bytes) == bytes;
}

static int of_select(const struct task *t, struct interest list[])
{
    fd_set in, out;
    int count = 0, max = t->arg[0] < FD_SETSIZE ? (int)t->arg[0] : FD_SETSIZE;
    if (!read_set(t, 1, &in) || !read_set(t, 2, &out))
        return -1;
    for (int fd = 0; fd < max && count < WATCHED; fd++)
        if (FD_ISSET(fd, &in) || FD_ISSET(fd, &out))
            list[count++] =
                (struct interest){fd, FD_ISSET(fd, &in), FD_ISSET(fd, &out), 0};
    return count;
}

/* A line "tfd: 5 events: 19 data: …" for each in the epoll set. */
static int of_epoll(const struct task *t, struct interest list[])
{
    char text[4096];
    int count = 0;
    if (proc_text(text, sizeof(text), "%d/fdinfo/%d", (int)t->pid,
                  (int)t->arg[0]) <= 0)
        return -1;
    for (char *at = text; (at = strstr(at, "tfd:")) && count < WATCHED; at++) {
        int fd;
        unsigned events;
        if (sscanf(at, "tfd: %d events: %x", &fd, &events) == 2)
            list[count++] = (struct interest){fd, events & EPOLLIN,
                                              events & EPOLLOUT, events};
    }
    return count;
}

int watched_by(const struct scene *s, const struct actor *a,
               struct interest list[WATCHED])
{
    (void)s;
    switch (a->kind) {
    case CALL_POLL:
        return of_poll(a->task, list);
    case CALL_SELECT:
        return of_select(a->task, list);
    case CALL_EPOLL:
        return of_epoll(a->task, list);
    default:
        return -1;
    }
}

bool may_be_missed(const struct scene *s, const struct actor *a,
                   const struct interest *it)
{
    const struct end *e = scene_end(s, a->task->pid, it->fd);

    return it->events & (EPOLLET | EPOLLONESHOT) &&
           (!e || end_ready(e, POLLIN) < 0);
}

const struct end *own_other_end(const struct scene *s, const struct actor *a,
                                const struct end **polled)
{
    struct interest list[WATCHED];
    int n = watched_by(s, a, list);
    for (int i = 0; i < n; i++) {
        const struct end *e = scene_end(s, a->task->pid, list[i].fd);
        for (size_t k = 0; e && list[i].reading && k < s->ends; k++)
            if (s->end[k].pid == e->pid && s->end[k].fd != e->fd &&
                end_faces(s, e, &s->end[k], false)) {
                *polled = e;
                return &s->end[k];
            }
    }
    return NULL;
}
