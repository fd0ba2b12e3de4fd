/*
 * story_ledger.c — who holds which end of which channel, and when it lets go.
 *
 * Replays the calls that make, copy and close descriptors. What the test
 * itself opened is learnt when the learner's code first uses it. Where the
 * processes are still there, /proc has the last word.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "story_parts.h"

static struct entry_fd *find(struct table *t, int fd)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->entry[i].fd == fd)
            return &t->entry[i];
    return NULL;
}

/* Does the lane hold an end of this side that it could read or write? */
static bool holds(const struct table *t, int channel, int side, bool writing)
{
    for (size_t i = 0; i < t->count; i++)
        if (t->entry[i].channel == channel && t->entry[i].side == side &&
            (writing ? t->entry[i].writes : t->entry[i].reads))
            return true;
    return false;
}

static void note_release(struct making *m, struct entry_fd gone, int lane,
                         int step)
{
    for (int writing = 0; writing < 2; writing++) {
        if (!(writing ? gone.writes : gone.reads) ||
            holds(&m->table[lane], gone.channel, gone.side, writing))
            continue;
        m->release = story_more(m->release, &m->releases, &m->release_room,
                                sizeof(*m->release));
        m->release[m->releases - 1] = (struct release){
            gone.channel, gone.side, lane, step, (bool)writing};
    }
}

static void drop(struct making *m, int lane, int fd, int step)
{
    struct table *t = &m->table[lane];
    struct entry_fd *e = find(t, fd);

    if (!e)
        return;
    struct entry_fd gone = *e;
    *e = t->entry[--t->count];
    note_release(m, gone, lane, step);
}

static void put(struct making *m, int lane, struct entry_fd new, int step)
{
    struct table *t = &m->table[lane];

    drop(m, lane, new.fd, step);
    t->entry = story_more(t->entry, &t->count, &t->room, sizeof(*t->entry));
    t->entry[t->count - 1] = new;
    m->could_read[lane][new.channel] |= new.reads;
    m->could_write[lane][new.channel] |= new.writes;
}

static struct entry_fd entry_of(const struct making *m,
                                const struct page_event *e, int place)
{
    struct entry_fd new = {.fd = e->fd[place]};
    uint32_t mode = e->flags[place] & O_ACCMODE;

    new.channel = story_channel(m, e->object[place], &new.side);
    new.reads = mode != O_WRONLY;
    new.writes = mode != O_RDONLY;
    new.close_on_exec = e->flags[place] & O_CLOEXEC;
    return new;
}

/* A descriptor that shows up in a call is open, whatever we knew of it. */
static void learn(struct making *m, int lane, const struct page_event *e,
                  int place, int step)
{
    struct entry_fd seen = entry_of(m, e, place);
    const struct entry_fd *known = find(&m->table[lane], seen.fd);

    if (seen.fd < 0)
        return;
    if (seen.channel < 0)
        drop(m, lane, seen.fd, step);
    else if (!known || known->channel != seen.channel ||
             known->side != seen.side)
        put(m, lane, seen, step);
}

static void drop_all(struct making *m, int lane, int step, bool on_exec)
{
    struct table *t = &m->table[lane];

    for (size_t i = t->count; i > 0; i--)
        if (!on_exec || t->entry[i - 1].close_on_exec)
            drop(m, lane, t->entry[i - 1].fd, step);
}

/* The new program has what is not close-on-exec, and has had nothing else. */
static void execute(struct making *m, int lane, int step)
{
    const struct table *t = &m->table[lane];

    drop_all(m, lane, step, true);
    memset(m->could_read[lane], 0, sizeof(m->could_read[lane]));
    memset(m->could_write[lane], 0, sizeof(m->could_write[lane]));
    for (size_t i = 0; i < t->count; i++) {
        m->could_read[lane][t->entry[i].channel] |= t->entry[i].reads;
        m->could_write[lane][t->entry[i].channel] |= t->entry[i].writes;
    }
}

static void inherit(struct making *m, const struct step *step, int n)
{
    const struct table *from = &m->table[step->lane];
    bool spawn = step->event->call == SEA_posix_spawn ||
                 step->event->call == SEA_posix_spawnp;

    for (size_t i = 0; i < from->count; i++)
        if (!spawn || !from->entry[i].close_on_exec)
            put(m, step->peer, from->entry[i], n);
}

static void duplicate(struct making *m, const struct step *step, int n)
{
    const struct page_event *e = step->event;
    bool close_on_exec = (e->call == SEA_dup3 && e->arg[2] & O_CLOEXEC) ||
                         e->arg[1] == F_DUPFD_CLOEXEC;
    const struct entry_fd *from = find(&m->table[step->lane], step->fd);

    if (step->error || step->other_fd < 0)
        return;
    if (!from) {
        drop(m, step->lane, step->other_fd, n);
        return;
    }
    if (step->fd == step->other_fd)
        return;
    struct entry_fd new = *from;
    new.fd = step->other_fd;
    if (e->call == SEA_dup || e->call == SEA_dup2)
        close_on_exec = false;
    new.close_on_exec = close_on_exec;
    put(m, step->lane, new, n);
}

static void set_flag(struct making *m, const struct step *step)
{
    const struct page_event *e = step->event;
    struct entry_fd *entry = find(&m->table[step->lane], step->fd);

    if ((e->call == SEA_fcntl || e->call == SEA_fcntl64) && entry &&
        e->arg[1] == F_SETFD && !e->error)
        entry->close_on_exec = e->arg[2] & FD_CLOEXEC;
}

/* For all who have this end: it is the connection's, not the descriptor's. */
static void shut(struct making *m, const struct making_step *made, int n)
{
    long how = made->step.event->arg[1];
    int channel = made->step.channel, side = made->side;

    if (made->step.error || made->step.stuck || channel < 0)
        return;
    m->shut[channel][side] |= (how != SHUT_WR ? SHUT_READING : 0) |
                              (how != SHUT_RD ? SHUT_WRITING : 0);
    for (int l = 0; l < m->story->lanes; l++)
        for (size_t i = 0; i < m->table[l].count; i++) {
            struct entry_fd *e = &m->table[l].entry[i], was = *e;
            if (e->channel != channel || e->side != side)
                continue;
            e->reads &= how == SHUT_WR;
            e->writes &= how == SHUT_RD;
            was.reads &= !e->reads;
            was.writes &= !e->writes;
            note_release(m, was, l, n);
        }
}

static void replay(struct making *m, int n)
{
    const struct step *s = &m->step[n].step;
    const struct page_event *e = s->event;

    if (e && s->kind != STEP_DUP)
        for (int place = 0; place < 2; place++)
            learn(m, s->lane, e, place, n);
    switch (s->kind) {
    case STEP_FORK:
        if (s->peer >= 0)
            inherit(m, s, n);
        break;
    case STEP_EXEC:
        if (!e->ended)
            execute(m, s->lane, n);
        break;
    case STEP_SHUT:
        shut(m, &m->step[n], n);
        break;
    case STEP_CLOSE:
        drop(m, s->lane, s->fd, n);
        break;
    case STEP_DUP:
        learn(m, s->lane, e, 0, n);
        duplicate(m, s, n);
        break;
    case STEP_EXIT:
    case STEP_DEATH:
        drop_all(m, s->lane, n, false);
        break;
    case STEP_WAIT:
        if (s->peer >= 0 && m->story->lane[s->peer].reaped && !s->stuck)
            drop_all(m, s->peer, -1, false);
        break;
    default:
        set_flag(m, s);
    }
}

/* After shutdown a descriptor is good for less, or for nothing. */
static void add_hold(struct making *m, struct hold hold, int side)
{
    struct story *s = m->story;
    unsigned shut = m->shut[hold.channel][side];
    static size_t room;

    if (shut == SHUT_READING)
        hold.reads = false;
    if (shut == SHUT_WRITING)
        hold.writes = false;

    if (s->holds == 0)
        room = 0;
    s->hold = story_more(s->hold, &s->holds, &room, sizeof(*s->hold));
    s->hold[s->holds - 1] = hold;
}

static void holds_by_scene(struct making *m)
{
    for (size_t i = 0; i < m->scene->ends; i++) {
        const struct end *e = &m->scene->end[i];
        int lane = story_lane(m, e->pid), mode = e->flags & O_ACCMODE, side = 0;
        int channel = story_channel(m, e->inode, &side);
        if (lane < 0 || channel < 0)
            continue;
        add_hold(m,
                 (struct hold){.lane = lane,
                               .channel = channel,
                               .fd = e->fd,
                               .reads = mode != O_WRONLY,
                               .writes = mode != O_RDONLY,
                               .close_on_exec = e->flags & O_CLOEXEC,
                               .wrong = e == m->scene->blamed},
                 side);
        m->could_read[lane][channel] |= mode != O_WRONLY;
        m->could_write[lane][channel] |= mode != O_RDONLY;
    }
}

/* What the failing process saw of itself. */
static void holds_by_page(struct making *m, int lane)
{
    const struct page *page = m->page;

    for (int i = 0; i < page->holds && i < PAGE_HOLDS; i++) {
        const struct page_hold *h = &page->hold[i];
        int side = 0, channel = story_channel(m, h->object, &side);
        uint32_t mode = h->flags & O_ACCMODE;
        if (channel >= 0)
            add_hold(m,
                     (struct hold){.lane = lane,
                                   .channel = channel,
                                   .fd = h->fd,
                                   .reads = mode != O_WRONLY,
                                   .writes = mode != O_RDONLY,
                                   .close_on_exec = h->flags & O_CLOEXEC},
                     side);
    }
}

static void holds_by_ledger(struct making *m, int lane)
{
    const struct table *t = &m->table[lane];

    for (size_t i = 0; i < t->count; i++)
        add_hold(m,
                 (struct hold){.lane = lane,
                               .channel = t->entry[i].channel,
                               .fd = t->entry[i].fd,
                               .reads = t->entry[i].reads,
                               .writes = t->entry[i].writes,
                               .close_on_exec = t->entry[i].close_on_exec},
                 t->entry[i].side);
}

static int by_place(const void *a, const void *b)
{
    const struct hold *x = a, *y = b;

    if (x->lane != y->lane)
        return x->lane - y->lane;
    return x->fd - y->fd;
}

/* The end of file came because the last one let go: each lane's last. */
static void edges_to_ends(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++) {
        const struct step *s = &m->step[i].step;
        bool pipe_broke = s->kind == STEP_WRITE && s->error == EPIPE;
        if (s->channel < 0 || (s->kind != STEP_END && !pipe_broke))
            continue;
        bool pair = m->story->channel[s->channel].object[1] != 0;
        int side = pair ? !m->step[i].side : m->step[i].side;
        int last[STORY_LANES];
        for (int l = 0; l < STORY_LANES; l++)
            last[l] = -1;
        for (size_t r = 0; r < m->releases; r++) {
            const struct release *e = &m->release[r];
            if (e->channel == s->channel && e->side == side && e->step >= 0 &&
                e->writing == (s->kind == STEP_END) &&
                m->step[e->step].began <= m->step[i].ended)
                last[e->lane] = e->step;
        }
        for (int l = 0; l < m->story->lanes; l++)
            story_edge(m, last[l], true, (int)i, true);
    }
}

void story_ledger(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++)
        replay(m, (int)i);
    edges_to_ends(m);
    if (m->scene)
        holds_by_scene(m);
    for (int l = 0; !m->scene && l < m->story->lanes; l++) {
        enum lane_end end = m->story->lane[l].end;
        bool open = end == LANE_OPEN || end == LANE_STUCK;
        if (m->story->verdict == V_PASSED || !open)
            continue;
        if (m->page->failure.set &&
            m->page->failure.pid == m->story->lane[l].pid)
            holds_by_page(m, l);
        else
            holds_by_ledger(m, l);
    }
    if (m->story->holds > 1)
        qsort(m->story->hold, m->story->holds, sizeof(*m->story->hold),
              by_place);
}
