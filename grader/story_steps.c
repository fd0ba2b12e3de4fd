/*
 * story_steps.c — the learner's calls as steps, in the order in which they
 * came about.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "calls_shape.h"
#include "proc.h"
#include "story_parts.h"

bool story_leaves(enum sea_call call)
{
    return call == SEA_exit || call == SEA__exit || call == SEA__Exit ||
           call == SEA_abort;
}

static bool is_wait(enum sea_call call)
{
    return call == SEA_wait || call == SEA_waitpid || call == SEA_waitid ||
           call == SEA_wait3 || call == SEA_wait4;
}

static bool is_dup(const struct page_event *e)
{
    return e->call == SEA_dup || e->call == SEA_dup2 || e->call == SEA_dup3 ||
           ((e->call == SEA_fcntl || e->call == SEA_fcntl64) &&
            (e->arg[1] == F_DUPFD || e->arg[1] == F_DUPFD_CLOEXEC));
}

/* 0 bytes, where more were asked for; a message may be empty. */
static bool is_end_of_file(const struct page_event *e)
{
    bool asked_for_none = (e->call == SEA_read || e->call == SEA_recv ||
                           e->call == SEA_recvfrom) &&
                          e->arg[2] == 0;

    return e->ended && !e->error && e->result == 0 && !asked_for_none &&
           !(e->flags[0] & PAGE_DATAGRAMS);
}

/* It looks, and leaves the bytes there. */
static bool only_peeks(const struct page_event *e)
{
    switch (e->call) {
    case SEA_recv:
    case SEA_recvfrom:
        return e->arg[3] & MSG_PEEK;
    case SEA_recvmsg:
        return e->arg[2] & MSG_PEEK;
    default:
        return false;
    }
}

static enum step_kind kind_of(const struct page_event *e)
{
    if (call_makes_process(e->call))
        return STEP_FORK;
    if (call_is_exec(e->call))
        return STEP_EXEC;
    if (e->call == SEA_abort) /* its end is a death */
        return STEP_OTHER;
    if (story_leaves(e->call))
        return STEP_EXIT;
    if (is_wait(e->call))
        return STEP_WAIT;
    if (is_dup(e))
        return STEP_DUP;
    if (only_peeks(e))
        return STEP_OTHER;
    switch (e->call) {
    case SEA_pipe:
    case SEA_pipe2:
    case SEA_socketpair:
    case SEA_socket:
        return STEP_MAKE;
    case SEA_connect: /* datagrams need none: it only says where they go */
        return e->flags[0] & PAGE_DATAGRAMS ? STEP_OTHER : STEP_CONNECT;
    case SEA_accept:
    case SEA_accept4:
        return STEP_ACCEPT;
    case SEA_shutdown:
        return STEP_SHUT;
    case SEA_write:
    case SEA_writev:
    case SEA_send:
    case SEA_sendto:
    case SEA_sendmsg:
        return STEP_WRITE;
    case SEA_read:
    case SEA_readv:
    case SEA_recv:
    case SEA_recvfrom:
    case SEA_recvmsg:
        return is_end_of_file(e) ? STEP_END : STEP_READ;
    case SEA_close:
        return STEP_CLOSE;
    case SEA_poll:
    case SEA_ppoll:
    case SEA_select:
    case SEA_pselect:
    case SEA_epoll_wait:
        return STEP_POLL;
    case SEA_kill:
    case SEA_killpg:
        return STEP_SIGNAL;
    default:
        return STEP_OTHER;
    }
}

/* The n-th child of a lane, for a vfork that could not tell its pid. */
static int unclaimed_child(const struct making *m, int lane)
{
    for (int l = 0; l < m->story->lanes; l++) {
        bool claimed = m->story->lane[l].parent != lane ||
                       m->story->lane[l].helper || l == lane;
        for (size_t i = 0; i < m->steps && !claimed; i++)
            claimed =
                m->step[i].step.kind == STEP_FORK && m->step[i].step.peer == l;
        for (unsigned i = 0; i < m->page->events && i < PAGE_EVENTS && !claimed;
             i++)
            claimed = call_makes_process(m->page->event[i].call) &&
                      m->page->event[i].result == m->story->lane[l].pid;
        if (!claimed)
            return l;
    }
    return -1;
}

static int peer_of(const struct making *m, const struct step *step)
{
    const struct page_event *e = step->event;

    switch (step->kind) {
    case STEP_FORK:
        if (e->error || !e->ended)
            return -1;
        return e->result > 0 ? story_lane(m, (pid_t)e->result)
                             : unclaimed_child(m, step->lane);
    case STEP_WAIT:
        if (e->ended)
            return story_lane(m, e->reaped);
        if (e->call == SEA_waitpid || e->call == SEA_wait4)
            return story_lane(m, (pid_t)e->arg[0]);
        return -1;
    case STEP_SIGNAL:
        return story_lane(m, (pid_t)(e->arg[0] < 0 ? -e->arg[0] : e->arg[0]));
    default:
        return -1;
    }
}

static bool side_writes(const struct page_event *e, int place)
{
    return (e->flags[place] & O_ACCMODE) != O_RDONLY;
}

static void put_descriptors(struct making *m, struct making_step *made)
{
    struct step *step = &made->step;
    const struct page_event *e = step->event;
    int place = e->fd[0] < 0 && e->fd[1] >= 0;

    step->fd = e->fd[place];
    if (step->kind == STEP_MAKE)
        step->other_fd = e->fd[1];
    if (step->kind == STEP_DUP && !e->error && e->ended)
        step->other_fd = (int)e->result;
    if (step->fd < 0 && call_takes_fd(e->call))
        step->fd = (int)e->arg[0];
    if (step->kind == STEP_ACCEPT && e->fd[1] >= 0) {
        step->other_fd = e->fd[1]; /* the connection is a new socket */
        place = 1;
    }
    step->channel = story_channel(m, e->object[place], &made->side);
    step->writing_end = step->channel >= 0 && side_writes(e, place);
    if (step->kind == STEP_SHUT)
        step->writing_end = e->arg[1] != SHUT_RD;
}

/* What a write that has not returned wants to say stands in its memory. */
static void look_at_unfinished(struct making *m, struct step *step)
{
    unsigned char text[PAGE_PREVIEW];
    const struct page_event *e = step->event;
    size_t n = e->arg[2] < PAGE_PREVIEW ? (size_t)e->arg[2] : PAGE_PREVIEW;

    if (!m->scene ||
        (e->call != SEA_write && e->call != SEA_send &&
         e->call != SEA_sendto) ||
        e->arg[2] <= 0 ||
        proc_memory(e->pid, (unsigned long)e->arg[1], text, n) != n)
        return;
    story_preview(step->preview, sizeof(step->preview), text, (int)n,
                  e->arg[2] > PAGE_PREVIEW);
}

static void put_bytes(struct making *m, struct step *step)
{
    const struct page_event *e = step->event;

    if (step->kind != STEP_WRITE && step->kind != STEP_READ)
        return;
    if (!e->ended)
        look_at_unfinished(m, step);
    if (!e->ended || e->error || e->result <= 0)
        return;
    step->bytes = e->result;
    if (e->previewed > 0)
        story_preview(step->preview, sizeof(step->preview), e->preview,
                      e->previewed, e->result > e->previewed);
}

static void put_code(struct step *step)
{
    const struct page_event *e = step->event;

    if (step->kind == STEP_EXIT)
        step->code = (int)(e->arg[0] & 0xff);
    else if (step->kind == STEP_SIGNAL)
        step->code = (int)e->arg[1];
    else if (step->kind == STEP_WAIT)
        step->code = e->status;
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

/* The program a lane becomes, by the path that exec was given. */
static void name_program(struct making *m, const struct step *step)
{
    const struct page_event *e = step->event;
    bool spawn = e->call == SEA_posix_spawn || e->call == SEA_posix_spawnp;
    int lane = spawn ? step->peer : step->lane;

    if (lane < 0 || e->error || e->previewed == 0 ||
        (!spawn && (step->kind != STEP_EXEC || e->ended)) ||
        m->story->lane[lane].program[0])
        return;
    snprintf(m->story->lane[lane].program, sizeof(m->story->lane[lane].program),
             "%s", base((const char *)e->preview));
}

static void add_step(struct making *m, const struct page_event *e, int lane)
{
    struct making_step *made = story_step(m);
    struct step *step = &made->step;

    step->event = e;
    step->lane = lane;
    step->kind = kind_of(e);
    step->error = e->ended ? e->error : 0;
    step->injected = e->injected;
    made->began = e->began;
    made->ended = e->ended ? e->ended : UINT64_MAX;
    if (story_leaves(e->call) || (step->kind == STEP_EXEC && !e->ended))
        made->ended = e->began;
    put_descriptors(m, made);
    put_bytes(m, step);
    put_code(step);
}

void story_steps(struct making *m)
{
    for (unsigned i = page_begin(m->page); i < m->page->events; i++) {
        const struct page_event *e = &m->page->event[i % PAGE_EVENTS];
        int lane = story_lane(m, e->pid);
        if (lane >= 0 && !call_is_minor(e->call))
            add_step(m, e, lane);
    }
    for (size_t i = 0; i < m->steps; i++) {
        m->step[i].step.peer = peer_of(m, &m->step[i].step);
        name_program(m, &m->step[i].step);
    }
}

/*
 * When it came about: a call that blocks, when it returns, so that a wait
 * stands below the exit it waited for; a fork, before what its child does; a
 * call that has not returned, last.
 */
uint64_t story_moment(const struct making_step *s)
{
    bool at_once = s->step.kind == STEP_FORK || s->step.kind == STEP_EXIT ||
                   s->step.kind == STEP_EXEC;

    return at_once ? s->began : s->ended;
}

static int by_moment(const void *a, const void *b)
{
    const struct making_step *x = a, *y = b;
    uint64_t s = story_moment(x), t = story_moment(y);

    if (s != t)
        return (s > t) - (s < t);
    return (x->began > y->began) - (x->began < y->began);
}

/* In a lane nothing overlaps: what a handler or another thread did while a
 * call slept comes before it. */
void story_sort(struct making *m)
{
    uint64_t free_from[STORY_LANES] = {0};

    if (m->steps > 0)
        qsort(m->step, m->steps, sizeof(*m->step), by_moment);
    for (size_t i = 0; i < m->steps; i++) {
        struct making_step *s = &m->step[i];
        uint64_t *from = &free_from[s->step.lane];
        if (s->began < *from)
            s->began = *from;
        if (s->ended < s->began)
            s->ended = s->began;
        if (s->ended != UINT64_MAX)
            *from = s->ended;
    }
}
