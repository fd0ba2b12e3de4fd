/*
 * explain_sockets.c — rules about connections: an end that has copies, one
 * that nobody watches, one that nobody has accepted.
 */
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "calls_shape.h"
#include "explain_history.h"
#include "explain_parts.h"
#include "explain_rules.h"

static bool is_connection(const struct end *e)
{
    return e && S_ISSOCK(e->mode) &&
           !(e->traits & (PAGE_LISTENS | PAGE_DATAGRAMS));
}

static bool polls(const struct actor *b)
{
    return b->kind == CALL_POLL || b->kind == CALL_SELECT ||
           b->kind == CALL_EPOLL;
}

/* The last to send over a connection that has gone well: a, from here? */
static const struct page_event *last_word(const struct scene *s,
                                          const struct end *here)
{
    const struct page_event *found = NULL;
    uint64_t there = socket_peer(s, here);

    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *e = &s->page->event[i];
        bool sends = call_moves_bytes(e->call) && !call_is_read(e->call);
        if (sends && e->ended && !e->error && e->result > 0 &&
            (e->object[0] == here->inode || e->object[0] == there) &&
            (!found || e->began > found->began))
            found = e;
    }
    return found && found->object[0] == here->inode ? found : NULL;
}

/* a has asked and waits; b has read all that, and waits for more. */
bool end_not_said(FILE *say, struct scene *s, const struct actor *actor)
{
    char name[80], other[80], who[96], socket[96];
    const struct actor as = meant(s, actor), *a = &as;
    const struct page_event *word;

    if (a->kind != CALL_READ || !is_connection(a->end) ||
        !(word = last_word(s, a->end)))
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *faced = scene_actor(s, e->pid);
        if (!faced || faced->task->pid == a->task->pid)
            continue;
        const struct actor b = meant(s, faced);
        if (b.kind != CALL_READ || !b.end || b.end->inode != e->inode ||
            end_bytes(e) != 0)
            continue;
        s->culprit[0] = actor;
        s->culprit[1] = faced;
        the(a, name, sizeof(name));
        the(faced, other, sizeof(other));
        fprintf(say,
                "%s waits for an answer on %s, but %s does not know that this "
                "was all: it has read what %s sent (%ld byte%s the last time), "
                "and waits for more, or the end. Say the end with "
                "shutdown(fd %d, SHUT_WR), which leaves the way back open; or "
                "send first how many bytes will come.",
                name, end_name(s, a->end, socket, sizeof(socket)), other,
                by(s, word, who, sizeof(who)), word->result,
                word->result == 1 ? "" : "s", a->end->fd);
        return true;
    }
    return false;
}

/* The close that was meant to be the end: the latest of any copy. */
static const struct page_event *closed(const struct scene *s, uint64_t inode)
{
    const struct page_event *found = NULL;

    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *e = &s->page->event[i];
        if (e->call == SEA_close && e->ended && !e->error &&
            e->object[0] == inode && (!found || e->began > found->began))
            found = e;
    }
    return found;
}

/* Does it use this end, or wait for a turn to? */
static bool uses(const struct scene *s, const struct actor *b,
                 const struct end *e)
{
    struct interest list[WATCHED];
    int n = polls(b) ? watched_by(s, b, list) : 0;

    if (n < 0 || (b->end && b->end->inode == e->inode && b->end->pid == e->pid))
        return true;
    for (int i = 0; i < n; i++)
        if (list[i].fd == e->fd)
            return true;
    return false;
}

/* The first copy of the other end that nobody uses; NULL if one is used. */
static const struct end *idle_copy(const struct scene *s, const struct actor *a)
{
    const struct end *found = NULL;

    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        if (!b || uses(s, b, e))
            return NULL;
        if (!found || found->pid == a->task->pid)
            found = e;
    }
    return found;
}

/* close takes one copy away: the end comes with the last one. */
bool copy_is_open(FILE *say, struct scene *s, const struct actor *actor)
{
    char name[80], other[80], who[96], what[160], socket[96];
    const struct actor as = meant(s, actor), *a = &as;
    const struct end *e;
    const struct page_event *close;

    if (a->kind != CALL_READ || !is_connection(a->end) ||
        !(e = idle_copy(s, a)) || !(close = closed(s, e->inode)))
        return false;
    const struct actor *b = scene_actor(s, e->pid);
    bool own = b->task->pid == a->task->pid, same = close->pid == e->pid;
    s->blamed = e;
    fprintf(say,
            "%s waits for the end of %s, but a copy of the other end is still "
            "open: %s closed ",
            the(a, name, sizeof(name)),
            end_name(s, a->end, socket, sizeof(socket)),
            by(s, close, who, sizeof(who)));
    fprintf(say, "fd %d, and ", close->fd[0]);
    if (same)
        fprintf(say, "has fd %d as well", e->fd);
    else if (own)
        fprintf(say, "%s has fd %d itself", name, e->fd);
    else
        fprintf(say, "%s, who has fd %d, %s", the(b, other, sizeof(other)),
                e->fd, doing(s, b, what, sizeof(what)));
    fprintf(say,
            ". Close every copy (close(fd %d)%s); or shutdown(fd, SHUT_WR), "
            "which is the end for all of them.",
            e->fd, same ? "" : ", right after the fork");
    return true;
}

/* "fd 3 = listener A, fd 4 = pipe B" */
static const char *watched(struct scene *s, const struct actor *b,
                           const struct interest list[], int n, char *buf,
                           size_t cap)
{
    char name[96];
    size_t used = 0;

    buf[0] = '\0';
    for (int i = 0; i < n && i < 4 && used + 1 < cap; i++) {
        const struct end *e = scene_end(s, b->task->pid, list[i].fd);
        snprintf(buf + used, cap - used, "%sfd %d = %s", i ? ", " : "",
                 list[i].fd, end_name(s, e, name, sizeof(name)));
        used = strlen(buf);
    }
    return buf;
}

static int place_of(const struct interest list[], int n, int fd)
{
    for (int i = 0; i < n; i++)
        if (list[i].fd == fd)
            return i;
    return -1;
}

static void not_watched(FILE *say, struct scene *s, const struct actor *a,
                        const struct actor *b, const struct end *e)
{
    struct interest list[WATCHED];
    int n = watched_by(s, b, list), ready = end_ready(e, POLLIN);
    char name[80], other[80], socket[96], what[400];

    the(b, other, sizeof(other));
    fprintf(say,
            "%s waits to read from %s, whose other end %s has (fd %d) and does "
            "not watch%s: %s waits in %s for %s. Watch every connection, or "
            "close it.",
            the(a, name, sizeof(name)),
            end_name(s, a->end, socket, sizeof(socket)), other, e->fd,
            ready > 0 && ready & POLLIN ? ", though something has come there"
                                        : "",
            other, call_info(b->task->call)->name,
            watched(s, b, list, n, what, sizeof(what)));
}

/* A server that polls: does it watch this connection at all? */
bool served_by_poll(FILE *say, struct scene *s, const struct actor *actor)
{
    struct interest list[WATCHED];
    char name[80], other[80], socket[96];
    const struct actor as = meant(s, actor), *a = &as;

    if (a->kind != CALL_READ || !is_connection(a->end))
        return false;
    for (const struct end *e = NULL; (e = scene_next(s, a, e)) != NULL;) {
        const struct actor *b = scene_actor(s, e->pid);
        int n = b && polls(b) && b->task->pid != a->task->pid
                    ? watched_by(s, b, list)
                    : 0;
        int i = place_of(list, n, e->fd);
        if (n <= 0 || n == WATCHED || (i >= 0 && may_be_missed(s, b, &list[i])))
            continue;
        s->culprit[0] = actor;
        s->culprit[1] = b;
        if (i < 0) {
            not_watched(say, s, a, b, e);
            return true;
        }
        fprintf(say,
                "%s and %s both wait for the other to speak: %s reads from %s, "
                "%s watches the other end (fd %d) in %s. One of them has to "
                "send first, all that the other needs to go on; or say with "
                "shutdown or close that nothing more comes.",
                the(a, name, sizeof(name)), the(b, other, sizeof(other)), name,
                end_name(s, a->end, socket, sizeof(socket)), other, e->fd,
                call_info(b->task->call)->name);
        return true;
    }
    return false;
}

/* connect is content with a place in the queue. */
bool never_accepted(FILE *say, struct scene *s, const struct actor *actor)
{
    char name[80], other[80], socket[96], what[160];
    const struct actor as = meant(s, actor), *a = &as;
    const struct end *door;

    if ((a->kind != CALL_READ && a->kind != CALL_WRITE) ||
        !is_connection(a->end) || s->blind || scene_next(s, a, NULL) ||
        !(door = scene_listener(s, &a->end->other)) ||
        end_ready(door, POLLIN) <= 0)
        return false;
    const struct actor *b = scene_actor(s, door->pid);
    if (!b || b->kind == CALL_ACCEPT)
        return false;
    bool own = b->task->pid == a->task->pid;
    the(a, name, sizeof(name));
    fprintf(say,
            "%s has connected and waits to %s %s, but nobody has accepted the "
            "connection: %s (fd %d)",
            name, a->kind == CALL_READ ? "read from" : "write to",
            end_name(s, a->end, socket, sizeof(socket)),
            own ? "it listens there itself" : the(b, other, sizeof(other)),
            door->fd);
    if (!own)
        fprintf(say, " listens, and %s", doing(s, b, what, sizeof(what)));
    fputs(". Call accept, and serve the socket that it returns.", say);
    return true;
}
