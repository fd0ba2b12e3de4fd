/*
 * explain_datagrams.c — rules about datagrams that do not come.
 */
#include <string.h>
#include <sys/stat.h>

#include "explain_history.h"
#include "explain_parts.h"
#include "explain_rules.h"

static const char remedy[] = "A datagram may get lost anyway: wait with a "
                             "time-out (poll, SO_RCVTIMEO), and send again.";

/* The mailbox it reads from; NULL: none, or one of a pair. */
static const struct end *mailbox_of(struct scene *s, const struct actor *a)
{
    const struct actor as = meant(s, a);

    if (as.kind != CALL_READ || !as.end || !S_ISSOCK(as.end->mode) ||
        !(as.end->traits & PAGE_DATAGRAMS) || scene_next(s, &as, NULL))
        return NULL;
    return as.end;
}

static bool is_send(const struct page_event *e)
{
    switch (e->call) {
    case SEA_send:
    case SEA_sendto:
    case SEA_sendmsg:
    case SEA_write:
    case SEA_writev:
        return e->ended && !e->error && e->flags[0] & PAGE_DATAGRAMS;
    default:
        return false;
    }
}

/* Its address, or what its socket had been connected to. */
static const struct page_address *destination(const struct scene *s,
                                              const struct page_event *send)
{
    const struct page_event *found = NULL;

    if (send->other.length)
        return &send->other;
    for (unsigned i = 0; i < s->page->events && i < PAGE_EVENTS; i++) {
        const struct page_event *e = &s->page->event[i];
        if (e->call == SEA_connect && e->ended && !e->error &&
            e->object[0] == send->object[0] && e->began < send->began &&
            (!found || e->began > found->began))
            found = e;
    }
    return found ? &found->other : NULL;
}

/* Anybody who is there, or has ever been. */
static bool reaches_anybody(const struct scene *s,
                            const struct page_address *to)
{
    for (size_t i = 0; i < s->ends; i++)
        if (s->end[i].traits & PAGE_DATAGRAMS &&
            address_reaches(to, &s->end[i].own))
            return true;
    for (unsigned i = 0; i < s->page->events && i < PAGE_EVENTS; i++)
        if (s->page->event[i].flags[0] & PAGE_DATAGRAMS &&
            address_reaches(to, &s->page->event[i].own))
            return true;
    return false;
}

/* The latest one that others have sent: to this mailbox, or astray. */
static const struct page_event *latest(const struct scene *s,
                                       const struct end *box, bool astray,
                                       const struct page_address **to)
{
    const struct page_event *found = NULL;

    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS;
         i++) {
        const struct page_event *e = &s->page->event[i];
        if (!is_send(e) || e->object[0] == box->inode ||
            (found && e->began < found->began))
            continue;
        const struct page_address *there = destination(s, e);
        if (!there || (astray ? reaches_anybody(s, there)
                              : !address_reaches(there, &box->own)))
            continue;
        found = e;
        *to = there;
    }
    return found;
}

static bool has_address(const struct end *box)
{
    char text[128];

    return page_address_ip(&box->own)
               ? page_address_port(&box->own) > 0
               : *page_address(&box->own, text, sizeof(text)) != '\0';
}

bool datagram_astray(FILE *say, struct scene *s, const struct actor *a)
{
    const struct end *box = mailbox_of(s, a);
    const struct page_address *to = NULL;
    char name[80], who[96], here[128], there[128];
    const struct page_event *send =
        box && box->own.length ? latest(s, box, true, &to) : NULL;

    if (!send || !has_address(box) ||
        page_address_port(to) == page_address_port(&box->own))
        return false;
    fprintf(
        say,
        "%s waits for a datagram at %s, but %s sent one to %s, where "
        "nobody is. Nobody is told of that: send it to the address that "
        "the receiver is bound to, and an answer to the one that recvfrom "
        "gave.",
        the(a, name, sizeof(name)), address_name(&box->own, here, sizeof(here)),
        by(s, send, who, sizeof(who)), address_name(to, there, sizeof(there)));
    return true;
}

static const struct page_event *bind_of(const struct scene *s,
                                        const struct end *box)
{
    for (unsigned i = 0; s->page && i < s->page->events && i < PAGE_EVENTS; i++)
        if (s->page->event[i].call == SEA_bind &&
            s->page->event[i].object[0] == box->inode &&
            s->page->event[i].ended && !s->page->event[i].error)
            return &s->page->event[i];
    return NULL;
}

bool no_datagram(FILE *say, struct scene *s, const struct actor *a)
{
    const struct end *box = mailbox_of(s, a);
    const struct page_address *to = NULL;
    const struct page_event *bind, *send;
    char name[80], who[96], here[136], there[136], socket[96];

    if (!box || box->own.length == 0)
        return false;
    the(a, name, sizeof(name));
    if (!has_address(box)) {
        fprintf(say,
                "%s waits for a datagram at %s (fd %d), which has no address: "
                "nobody can send to it. bind it first",
                name, end_name(s, box, socket, sizeof(socket)), box->fd);
        return conclude(say, s, a, "");
    }
    address_name(&box->own, here, sizeof(here));
    bind = bind_of(s, box);
    send = latest(s, box, false, &to);
    if (send && bind && send->began < bind->began) {
        fprintf(say,
                "%s waits for a datagram at %s, but %s sent it before the "
                "bind, when nobody was there: it is lost. Bind before the "
                "other may send",
                name, here, by(s, send, who, sizeof(who)));
        return conclude(say, s, a, remedy);
    }
    if (send && box->other.length && send->own.length &&
        !address_reaches(&box->other, &send->own)) {
        fprintf(say,
                "%s waits for a datagram at %s, and %s sent one: but the "
                "socket is connected to %s, and what others send does not "
                "arrive",
                name, here, by(s, send, who, sizeof(who)),
                address_name(&box->other, there, sizeof(there)));
        return conclude(say, s, a, "");
    }
    fprintf(say, "%s waits for a datagram at %s, and nobody is left to send %s",
            name, here, send ? "one more" : "one");
    return conclude(say, s, a, remedy);
}
