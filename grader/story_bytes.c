/*
 * story_bytes.c — which read got the bytes of which write.
 *
 * Bytes come out in the order in which they went in: for each direction of a
 * channel the writes stand in a queue, and every read takes from its front.
 * Where several write at once, or somebody writes whose calls are not seen,
 * the first bytes of both tell who belongs to whom.
 */
#include <stdlib.h>
#include <string.h>

#include "story_parts.h"

enum { CAPACITY = 65536 };

/* A write's bytes that nobody has read yet. */
struct sent {
    int step;
    long left, taken;
};

struct queue {
    struct sent *sent;
    size_t count, room;
    long in, out; /* bytes that came, and went */
};

void story_crossing(struct making *m, int write, int read, long bytes)
{
    struct story *s = m->story;
    static size_t room;

    if (s->crossings == 0)
        room = 0;
    s->crossing =
        story_more(s->crossing, &s->crossings, &room, sizeof(*s->crossing));
    s->crossing[s->crossings - 1] = (struct crossing){write, read, bytes};
    m->step[write].other = m->step[read].step.lane;
    m->step[read].other = m->step[write].step.lane;
    /* What fits into the pipe is there when the write returns. */
    bool fits =
        m->step[write].step.bytes <= CAPACITY && !m->step[write].step.stuck;
    story_edge(m, write, m->steady && fits, read, true);
}

static void add_flow(struct making *m, int channel, int from, int to,
                     long bytes)
{
    struct story *s = m->story;
    static size_t room;

    for (size_t i = 0; i < s->flows; i++)
        if (s->flow[i].channel == channel && s->flow[i].from == from &&
            s->flow[i].to == to) {
            if (bytes > 0 && s->flow[i].bytes >= 0)
                s->flow[i].bytes += bytes;
            return;
        }
    if (s->flows == 0)
        room = 0;
    s->flow = story_more(s->flow, &s->flows, &room, sizeof(*s->flow));
    s->flow[s->flows - 1] = (struct flow){channel, from, to, bytes};
}

/* Could this read have begun with the first bytes of this write? */
static bool may_match(const struct making_step *write,
                      const struct making_step *read)
{
    const struct page_event *w = write->step.event, *r = read->step.event;
    int n = w->previewed < r->previewed ? w->previewed : r->previewed;

    return memcmp(w->preview, r->preview, (size_t)n) == 0;
}

/* The next write this read takes from, or -1: somebody unseen wrote. */
static int choose(const struct making *m, const struct queue *q, int read,
                  bool first)
{
    const struct making_step *r = &m->step[read];

    for (size_t i = 0; i < q->count; i++) {
        const struct making_step *w = &m->step[q->sent[i].step];
        if (q->sent[i].left <= 0 || w->began > r->ended)
            continue;
        if (q->sent[i].taken > 0 || !first || may_match(w, r))
            return (int)i;
    }
    return -1;
}

/* In a direction written or read by somebody unseen: who may it be? */
static int unseen(const struct making *m, int channel, bool writes, int except)
{
    const struct story *s = m->story;
    int found = (int)m->stranger[channel] - 1;

    if (found >= 0)
        return found;
    for (int l = 0; l < s->lanes; l++) {
        bool could =
            writes ? m->could_write[l][channel] : m->could_read[l][channel];
        if (could && s->lane[l].program[0] && l != except)
            found = l;
    }
    for (int l = 0; found < 0 && l < s->lanes; l++)
        if (s->lane[l].helper && l != except)
            found = l;
    if (found < 0 && !m->page->program && s->lanes > 0)
        found = 0; /* the test itself */
    return found;
}

static bool goes(const struct making_step *s, int channel, int side)
{
    return s->step.channel == channel && s->side == side;
}

static void take_writes(struct making *m, struct queue *q, int channel,
                        int side)
{
    for (size_t i = 0; i < m->steps; i++) {
        const struct making_step *s = &m->step[i];
        long bytes = s->step.bytes;
        if (!goes(s, channel, side) || s->step.kind != STEP_WRITE)
            continue;
        if (s->step.stuck || (!s->step.event->ended && !s->step.error))
            bytes = s->step.event->arg[2]; /* as many as it came to */
        if (bytes <= 0)
            continue;
        q->sent = story_more(q->sent, &q->count, &q->room, sizeof(*q->sent));
        q->sent[q->count - 1] = (struct sent){(int)i, bytes, 0};
        q->in += s->step.bytes;
    }
}

/* A write that found the channel full went on when this read made room. */
static void edge_of_room(struct making *m, const struct sent *sent, long before,
                         int read)
{
    long total = m->step[sent->step].step.bytes;

    if (total > CAPACITY && sent->taken >= total - CAPACITY &&
        before < total - CAPACITY)
        story_edge(m, read, true, sent->step, true);
}

static void one_read(struct making *m, struct queue *q, int channel, int read)
{
    struct step *r = &m->step[read].step;
    long left = r->bytes;
    bool first = true;
    int i;

    while (left > 0 && (i = choose(m, q, read, first)) >= 0) {
        struct sent *sent = &q->sent[i];
        long bytes = left < sent->left ? left : sent->left;
        long before = sent->taken;
        sent->left -= bytes;
        sent->taken += bytes;
        left -= bytes;
        first = false;
        story_crossing(m, sent->step, read, bytes);
        edge_of_room(m, sent, before, read);
        add_flow(m, channel, m->step[sent->step].step.lane, r->lane, bytes);
    }
    q->out += r->bytes;
    if (left > 0 && (i = unseen(m, channel, true, r->lane)) >= 0)
        add_flow(m, channel, i, r->lane, left);
}

/* A message comes whole, what does not fit is lost; or it never comes. */
static bool is_message(const struct making *m, const struct sent *sent,
                       const struct step *r)
{
    const struct making_step *w = &m->step[sent->step];
    const struct page_event *to = w->step.event, *from = r->event;
    int port = page_address_port(&from->other);

    return sent->left > 0 && sent->taken == 0 && w->began < from->ended &&
           w->step.bytes >= r->bytes && to->previewed >= from->previewed &&
           memcmp(to->preview, from->preview, (size_t)from->previewed) == 0 &&
           (port == 0 || to->own.length == 0 ||
            port == page_address_port(&to->own));
}

static void one_message(struct making *m, struct queue *q, int channel,
                        int read)
{
    struct step *r = &m->step[read].step;

    for (size_t i = 0; i < q->count; i++) {
        struct sent *sent = &q->sent[i];
        if (!is_message(m, sent, r))
            continue;
        sent->taken = sent->left;
        sent->left = 0;
        q->out += sent->taken;
        story_crossing(m, sent->step, read, r->bytes);
        add_flow(m, channel, m->step[sent->step].step.lane, r->lane, r->bytes);
        return;
    }
    q->out += r->bytes;
    int sender = unseen(m, channel, true, r->lane);
    if (sender >= 0)
        add_flow(m, channel, sender, r->lane, r->bytes);
}

static void rest(struct making *m, struct queue *q, int channel, long waiting)
{
    for (size_t i = 0; i < q->count; i++) {
        const struct step *w = &m->step[q->sent[i].step].step;
        long lost = w->bytes - q->sent[i].taken;
        int reader = unseen(m, channel, false, w->lane);
        if (lost <= 0 || reader < 0 ||
            (!m->story->lane[reader].program[0] && waiting != 0))
            continue;
        add_flow(m, channel, w->lane, reader, lost);
    }
}

/* Bytes of both directions that lie in the channel, as the kernel says. */
static long waiting_by_scene(const struct making *m, int channel)
{
    long sum = -1;
    uint64_t seen[2] = {0, 0};

    for (size_t i = 0; i < m->scene->ends; i++) {
        const struct end *e = &m->scene->end[i];
        int side, bytes;
        if (story_channel(m, e->inode, &side) != channel || seen[side])
            continue;
        bytes = end_bytes(e);
        if (bytes < 0)
            continue;
        seen[side] = e->inode;
        sum = (sum < 0 ? 0 : sum) + bytes;
    }
    return sum;
}

static void one_direction(struct making *m, int channel, int from, int to)
{
    struct channel *c = &m->story->channel[channel];
    struct queue q = {0};

    take_writes(m, &q, channel, from);
    for (size_t i = 0; i < m->steps; i++) {
        if (!goes(&m->step[i], channel, to) ||
            m->step[i].step.kind != STEP_READ || m->step[i].step.bytes <= 0)
            continue;
        if (c->kind == CH_MAILBOX)
            one_message(m, &q, channel, (int)i);
        else
            one_read(m, &q, channel, (int)i);
    }
    rest(m, &q, channel, m->scene ? c->waiting : -1);
    if (!m->scene && q.in > q.out && unseen(m, channel, false, -1) < 0)
        c->waiting = (c->waiting < 0 ? 0 : c->waiting) + q.in - q.out;
    free(q.sent);
}

/* A program into a program: nobody sees how much. */
static void unseen_flows(struct making *m, int channel)
{
    const struct story *s = m->story;

    for (int from = 0; from < s->lanes; from++)
        for (int to = 0; to < s->lanes; to++)
            if (from != to && s->lane[from].program[0] &&
                s->lane[to].program[0] && m->could_write[from][channel] &&
                m->could_read[to][channel] &&
                !(m->could_read[from][channel] && m->could_write[to][channel]))
                add_flow(m, channel, from, to, -1);
}

void story_bytes(struct making *m)
{
    for (int c = 0; c < m->story->channels; c++) {
        struct channel *channel = &m->story->channel[c];
        if (m->scene)
            channel->waiting = waiting_by_scene(m, c);
        if (channel->kind == CH_SOCKET &&
            (channel->object[1] || m->stranger[c])) {
            one_direction(m, c, 0, 1);
            one_direction(m, c, 1, 0);
        } else if (channel->kind == CH_PIPE || channel->kind == CH_FIFO ||
                   channel->kind == CH_MAILBOX) {
            one_direction(m, c, 0, 0);
        }
        if (channel->kind != CH_LISTENER && channel->kind != CH_FILE)
            unseen_flows(m, c);
    }
}
