/*
 * explain_epoll.c — rules about epoll's descriptors that are ready, and of
 * which it says nothing.
 */
#include <poll.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "explain_parts.h"
#include "explain_rules.h"

/* A descriptor it watches that has something to read by now. */
static const struct end *ready(const struct scene *s, const struct actor *a,
                               const struct interest *it)
{
    const struct end *e = scene_end(s, a->task->pid, it->fd);
    int now = e ? end_ready(e, POLLIN) : -1;

    return now > 0 && now & POLLIN ? e : NULL;
}

/* Edges are news: what was there at the last one is none. */
bool edge_is_over(FILE *say, struct scene *s, const struct actor *a)
{
    struct interest list[WATCHED];
    int n = a->kind == CALL_EPOLL ? watched_by(s, a, list) : 0;
    char name[80], what[96];

    for (int i = 0; i < n; i++) {
        const struct end *e = list[i].events & EPOLLET && list[i].reading
                                  ? ready(s, a, &list[i])
                                  : NULL;
        if (!e)
            continue;
        int bytes = e->traits & PAGE_LISTENS ? -1 : end_bytes(e);
        fprintf(say, "%s waits in epoll_wait, though fd %d = %s is ready: ",
                the(a, name, sizeof(name)), e->fd,
                end_name(s, e, what, sizeof(what)));
        if (e->traits & PAGE_LISTENS)
            fputs("somebody waits to be accepted", say);
        else if (bytes > 0)
            fprintf(say, "%d byte%s not been read", bytes,
                    bytes == 1 ? " has" : "s have");
        else
            fputs("its end has come", say);
        fprintf(say,
                ". With EPOLLET it tells only of what is new. After each event "
                "%s until the call says EAGAIN (so the descriptor has to be "
                "non-blocking); or do without EPOLLET.",
                e->traits & PAGE_LISTENS ? "accept" : "read");
        return true;
    }
    return false;
}

bool fired_once(FILE *say, struct scene *s, const struct actor *a)
{
    struct interest list[WATCHED];
    int n = a->kind == CALL_EPOLL ? watched_by(s, a, list) : 0;
    char name[80], what[96];

    for (int i = 0; i < n; i++) {
        bool over = list[i].events & EPOLLONESHOT && !list[i].reading &&
                    !list[i].writing;
        const struct end *e = over ? ready(s, a, &list[i]) : NULL;
        if (!e)
            continue;
        fprintf(say,
                "%s waits in epoll_wait, though fd %d = %s is ready: with "
                "EPOLLONESHOT it was told of once, and is not watched since. "
                "After each event say EPOLL_CTL_MOD to watch it again.",
                the(a, name, sizeof(name)), e->fd,
                end_name(s, e, what, sizeof(what)));
        return true;
    }
    return false;
}
