/*
 * story_sockets.c — who has connected to whom, and where a datagram went.
 *
 * A connection is a channel with two sides, as a socket pair is. A socket of
 * datagrams is a mailbox: a channel to which whoever knows its address may
 * write, and from which its owner reads.
 */
#include <fcntl.h>
#include <string.h>

#include "calls_shape.h"
#include "story_parts.h"

static const struct page_event *event_at(const struct page *page, unsigned i)
{
    return &page->event[i % PAGE_EVENTS];
}

bool story_is_mailbox(const struct page *page, uint64_t object)
{
    for (unsigned i = page_begin(page); i < page->events; i++)
        for (int p = 0; p < 2; p++)
            if (event_at(page, i)->object[p] == object &&
                event_at(page, i)->flags[p] & PAGE_DATAGRAMS)
                return page_peer(page, object) == 0;
    return false;
}

bool story_is_chance(const struct page_address *a)
{
    return page_address_port(a) >= 32768;
}

static void put_address(struct making *m, struct step *step)
{
    const struct page_event *e = step->event;
    bool own = e->call == SEA_bind && e->own.length;
    const struct page_address *a = own ? &e->own : &e->other;

    if (call_takes_fd(e->call) && !(m->steady && story_is_chance(a)))
        page_address(a, step->address, sizeof(step->address));
}

/* What a socket of datagrams was last connected to before this call. */
static const struct page_address *connected(const struct making *m,
                                            const struct page_event *send)
{
    const struct page_address *found = NULL;

    for (size_t i = 0; i < m->steps; i++) {
        const struct page_event *e = m->step[i].step.event;
        if (e->call == SEA_connect && !e->error &&
            e->object[0] == send->object[0] && e->began < send->began)
            found = &e->other;
    }
    return found;
}

/* The socket with this address, the latest of several; 0: none is known. */
static uint64_t mailbox_at(const struct making *m,
                           const struct page_address *to)
{
    uint64_t found = 0;

    for (size_t i = 0; i < m->steps; i++) {
        const struct page_event *e = m->step[i].step.event;
        if (e->flags[0] & PAGE_DATAGRAMS && address_reaches(to, &e->own))
            found = e->object[0];
    }
    return found;
}

static void address_datagram(struct making *m, struct making_step *made)
{
    struct step *step = &made->step;
    const struct page_address *to = &step->event->other;

    if (step->channel < 0 ||
        m->story->channel[step->channel].kind != CH_MAILBOX)
        return;
    if (to->length == 0)
        to = connected(m, step->event);
    step->channel = to ? story_channel(m, mailbox_at(m, to), &made->side) : -1;
}

static struct making_step *step_of(struct making *m, const struct page_event *e)
{
    for (size_t i = 0; i < m->steps; i++)
        if (m->step[i].step.event == e)
            return &m->step[i];
    return NULL;
}

static void meet(struct making *m, struct making_step *accept)
{
    const struct page_event *e = accept->step.event;
    const struct page_event *connect = page_connect(m->page, e);
    struct making_step *other = connect ? step_of(m, connect) : NULL;

    if (other) {
        other->step.peer = accept->step.lane;
        accept->step.peer = other->step.lane;
    } else {
        accept->step.peer = story_lane(m, e->peer);
    }
}

/* The only process whose calls are not seen: a helper of the test's, or the
 * test itself; -1: there is none, or there are several. */
static int only_stranger(const struct making *m)
{
    int found = -1, count = 0;

    for (int l = 1; l < m->story->lanes; l++)
        if (m->story->lane[l].helper) {
            found = l;
            count++;
        }
    if (count == 0 && !m->page->program)
        return 0;
    return count == 1 ? found : -1;
}

/* Of a connection only one end is the learner's: the other is the test's. */
static void note_stranger(struct making *m, const struct making_step *made)
{
    const struct step *s = &made->step;
    int lane = story_lane(m, s->event->peer);

    if ((s->kind != STEP_ACCEPT && s->kind != STEP_CONNECT) || s->error ||
        s->stuck || s->channel < 0 ||
        m->story->channel[s->channel].kind != CH_SOCKET ||
        m->story->channel[s->channel].object[1])
        return;
    if (lane < 0)
        lane = only_stranger(m);
    if (lane == 0 || (lane > 0 && m->story->lane[lane].helper))
        m->stranger[s->channel] = (unsigned char)(lane + 1);
}

void story_sockets(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++) {
        struct step *step = &m->step[i].step;
        put_address(m, step);
        if (step->kind == STEP_WRITE)
            address_datagram(m, &m->step[i]);
        if (step->kind == STEP_ACCEPT)
            meet(m, &m->step[i]);
        note_stranger(m, &m->step[i]);
        step->passed = step->event->passed;
        if (step->passed > 0) {
            step->passed_fd = step->event->fd[1];
            step->passed_channel =
                story_channel(m, step->event->object[1], NULL);
        }
    }
}

/* Who is refused without a listener has come too early. */
static int listen_of(const struct making *m, const struct page_event *accept)
{
    for (size_t i = 0; i < m->steps; i++) {
        const struct page_event *e = m->step[i].step.event;
        if (e && e->call == SEA_listen && !e->error &&
            e->object[0] == accept->object[0])
            return (int)i;
    }
    return -1;
}

void story_connections(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++) {
        const struct step *s = &m->step[i].step;
        const struct page_event *connect =
            s->kind == STEP_ACCEPT ? page_connect(m->page, s->event) : NULL;
        const struct making_step *from = connect ? step_of(m, connect) : NULL;
        if (!from)
            continue;
        int n = (int)(from - m->step);
        story_edge(m, listen_of(m, s->event), true, n, true);
        story_crossing(m, n, (int)i, 0);
    }
}
