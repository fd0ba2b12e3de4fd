/*
 * explain_accept.c — rules about connections that do not come about: accept
 * without a guest, connect without a host.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "explain.h"
#include "explain_history.h"
#include "explain_parts.h"
#include "explain_rules.h"

/* The listener it waits at, in accept or with nothing else to poll. */
static const struct end *door_of(struct scene *s, const struct actor *a)
{
    const struct actor as = meant(s, a);
    const struct end *e = as.end;

    if (as.kind != CALL_ACCEPT && as.kind != CALL_READ)
        return NULL;
    return e && e->traits & PAGE_LISTENS ? e : NULL;
}

static const struct page_event *latest(const struct scene *s, int call,
                                       uint64_t object)
{
    const struct page_event *found = NULL;

    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *e = &s->page->event[i];
        if (e->call == call && e->ended &&
            (!object || e->object[0] == object) &&
            (!found || e->began > found->began))
            found = e;
    }
    return found;
}

/* The last of its connects says whom it looked for. */
static const struct page_event *last_connect(const struct scene *s, pid_t pid)
{
    const struct page_event *found = NULL;

    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *e = &s->page->event[i];
        if (e->call == SEA_connect && e->ended && !e->injected &&
            e->pid == pid && e->other.length > sizeof(sa_family_t) &&
            !(e->flags[0] & PAGE_DATAGRAMS) &&
            (!found || e->began > found->began))
            found = e;
    }
    return found;
}

/* Who has made the path again since, as another socket. */
static const struct page_event *bound_again(const struct scene *s,
                                            const struct end *door,
                                            const struct page_event *mine)
{
    const struct page_event *found = NULL;

    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *e = &s->page->event[i];
        if (e->call == SEA_bind && e->ended && !e->error &&
            e->object[0] != door->inode && e->began > mine->began &&
            page_address_same(&e->own, &door->own))
            found = e;
    }
    return found;
}

bool replaced_path(FILE *say, struct scene *s, const struct actor *a)
{
    const struct end *door = door_of(s, a);
    const struct page_event *mine, *other;
    char name[80], who[96], path[136];

    if (!door || page_address_ip(&door->own) ||
        !(mine = latest(s, SEA_bind, door->inode)) ||
        !(other = bound_again(s, door, mine)))
        return false;
    fprintf(say,
            "%s waits in accept(fd %d) where nobody comes by any more: %s was "
            "removed and made again by %s. Whoever connects reaches the new "
            "socket, not this one. Before you unlink a path, try to connect "
            "to it: only one where nobody answers is left over.",
            the(a, name, sizeof(name)), door->fd,
            address_name(&door->own, path, sizeof(path)),
            by(s, other, who, sizeof(who)));
    return true;
}

/* Who has unlinked the path before this connect looked for it. Of a longer
 * one the logbook has only the beginning. */
static const struct page_event *unlinked(const struct scene *s,
                                         const struct end *door,
                                         const struct page_event *connect)
{
    char path[136];

    page_address(&door->own, path, sizeof(path));
    for (unsigned i = 0; i < s->page->events && i < PAGE_EVENTS; i++) {
        const struct page_event *e = &s->page->event[i];
        if (e->call == SEA_unlink && e->ended && !e->error &&
            e->ended < connect->began && e->previewed > 0 &&
            e->previewed < PAGE_PREVIEW &&
            strcmp((const char *)e->preview, path) == 0)
            return e;
    }
    return NULL;
}

/* Too early: nobody listened yet. */
static bool came_early(const struct scene *s, const struct page_event *connect,
                       const struct end *door)
{
    const struct page_event *listen = latest(s, SEA_listen, door->inode);

    return address_reaches(&connect->other, &door->own) &&
           connect->error == ECONNREFUSED && listen &&
           connect->began < listen->ended;
}

static bool tell_of(FILE *say, const struct scene *s, const struct actor *a,
                    const struct end *door, const struct page_event *connect)
{
    char name[80], who[96], here[128], there[128];
    bool reached = !connect->error || connect->error == EINPROGRESS;
    const struct page_event *gone;

    if (came_early(s, connect, door)) {
        fprintf(say,
                "%s waits in accept(fd %d) for a connection, but the connect "
                "of %s came before listen, and was refused. Call listen before "
                "the other process is started or told.",
                the(a, name, sizeof(name)), door->fd,
                by(s, connect, who, sizeof(who)));
        return true;
    }
    gone =
        address_reaches(&connect->other, &door->own) && connect->error == ENOENT
            ? unlinked(s, door, connect)
            : NULL;
    if (gone) {
        fprintf(say,
                "%s waits in accept(fd %d) for a connection, but %s, where it "
                "listens, was unlinked by %s before %s wanted to connect "
                "(ENOENT). Unlink the path when nobody is to come any more.",
                the(a, name, sizeof(name)), door->fd,
                address_name(&door->own, here, sizeof(here)),
                by(s, gone, there, sizeof(there)),
                by(s, connect, who, sizeof(who)));
        return true;
    }
    if (address_reaches(&connect->other, &door->own) ||
        (!reached && connect->error != ECONNREFUSED &&
         connect->error != ENOENT))
        return false;
    fprintf(say,
            "%s waits in accept(fd %d) at %s, but %s %s %s%s%s%s. "
            "Both have to use the same address; with port 0, getsockname tells "
            "the port that the kernel has chosen.",
            the(a, name, sizeof(name)), door->fd,
            address_name(&door->own, here, sizeof(here)),
            by(s, connect, who, sizeof(who)),
            reached ? "connected to" : "wanted to connect to",
            address_name(&connect->other, there, sizeof(there)),
            reached ? "" : ", where nobody listens (",
            reached ? "" : strerrorname_np(connect->error), reached ? "" : ")");
    return true;
}

/* Somebody looked for it in the wrong place, and for nobody else since. */
bool calls_elsewhere(FILE *say, struct scene *s, const struct actor *a)
{
    const struct end *door = door_of(s, a);

    for (int i = 0; door && s->page && i < s->page->procs && i < PAGE_PROCS;
         i++) {
        pid_t pid = s->page->proc[i].pid;
        const struct page_event *connect = last_connect(s, pid);
        if (connect && pid != a->task->pid && tell_of(say, s, a, door, connect))
            return true;
    }
    return false;
}

/* Who should connect waits for a word first; or who is here, for an answer. */
bool guest_waits_too(FILE *say, struct scene *s, const struct actor *a)
{
    const struct end *door = door_of(s, a), *e;
    char name[80], other[80], what[96];

    for (size_t i = 0; door && i < s->actors; i++) {
        const struct actor as = meant(s, &s->actor[i]), *b = &as;
        if (b->task->pid == a->task->pid || b->kind != CALL_READ || !b->end ||
            !(e = held_by(s, b, a->task->pid)))
            continue;
        bool here = b->end->other.length > 0;
        s->culprit[0] = a;
        s->culprit[1] = &s->actor[i];
        fprintf(say,
                "%s waits in accept(fd %d) for somebody to connect, while %s "
                "waits to read from %s, whose other end %s has (fd %d). %s",
                the(a, name, sizeof(name)), door->fd,
                the(b, other, sizeof(other)),
                end_name(s, b->end, what, sizeof(what)), name, e->fd,
                here ? "Serve those who are here before you wait for the "
                       "next, or wait for all of them with poll; and close a "
                       "connection that has been served."
                     : "Neither comes first: write before accept, or connect "
                       "before reading.");
        return true;
    }
    return false;
}

static int guests(const struct scene *s, const struct end *door)
{
    static const int calls[] = {SEA_accept, SEA_accept4, -1};

    return forgotten_events(s) ? 0 : times_through(s, door, calls);
}

static bool waits_for_guests(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    int count = a->end ? guests(s, a->end) : 0;

    fprintf(say,
            "%s waits in accept(fd %d) for a connection that nobody is "
            "left to make",
            the(a, name, sizeof(name)), (int)a->task->arg[0]);
    if (count > 0)
        fprintf(say, ": %d %s come, and no more", count,
                count == 1 ? "has" : "have");
    return conclude(say, s, a, "");
}

/* Where it wants to: the argument, while it is in the call. */
static const struct end *host_of(const struct scene *s, const struct actor *a)
{
    return a->event ? scene_listener(s, &a->event->other) : NULL;
}

bool connection(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], what[160], door[96];
    const struct end *e;
    const struct actor *b;

    if (a->kind == CALL_ACCEPT)
        return waits_for_guests(say, s, a);
    if (a->kind != CALL_CONNECT)
        return false;
    e = host_of(s, a);
    b = e ? scene_actor(s, e->pid) : NULL;
    fprintf(say, "%s waits in connect(fd %d): ", the(a, name, sizeof(name)),
            (int)a->task->arg[0]);
    if (!b || b == a) {
        fputs("the listener's queue is full and nobody accepts", say);
        return conclude(say, s, a, "");
    }
    fprintf(say,
            "the queue of %s is full and nobody accepts: %s, who listens there "
            "(fd %d), %s. Accept who comes; how many may wait until then is "
            "listen's second argument.",
            end_name(s, e, door, sizeof(door)), the(b, other, sizeof(other)),
            e->fd, doing(s, b, what, sizeof(what)));
    return true;
}
