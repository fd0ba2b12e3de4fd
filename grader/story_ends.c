/*
 * story_ends.c — how each lane ends.
 *
 * From the exit it called, from what a wait was told of it, from a signal
 * that was sent to it; and from /proc, where the processes are still there.
 */
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "explain_parts.h"
#include "proc.h"
#include "sea.h"
#include "story_parts.h"

static void end_by_status(struct lane *lane, int status)
{
    if (WIFEXITED(status)) {
        lane->end = LANE_EXITED;
        lane->code = WEXITSTATUS(status);
    } else if (WIFSIGNALED(status)) {
        lane->end = LANE_KILLED;
        lane->code = WTERMSIG(status);
    }
}

static void end_by_calls(struct making *m)
{
    struct lane *lane = m->story->lane;

    for (size_t i = 0; i < m->steps; i++) {
        const struct step *s = &m->step[i].step;
        if (s->kind == STEP_EXIT) {
            lane[s->lane].end = LANE_EXITED;
            lane[s->lane].code = s->code;
        } else if (s->event->call == SEA_abort) {
            lane[s->lane].end = LANE_KILLED;
            lane[s->lane].code = SIGABRT;
        } else if (s->kind == STEP_SIGNAL && s->code == SIGKILL &&
                   s->peer >= 0 && !s->error &&
                   lane[s->peer].end == LANE_OPEN) {
            lane[s->peer].end = LANE_KILLED;
            lane[s->peer].code = SIGKILL;
        }
    }
    for (size_t i = 0; i < m->steps; i++) {
        const struct step *s = &m->step[i].step;
        bool over = WIFEXITED(s->code) || WIFSIGNALED(s->code);
        if (s->kind != STEP_WAIT || s->peer < 0 || !s->event->reaped || !over)
            continue;
        end_by_status(&lane[s->peer], s->code);
        lane[s->peer].reaped = true;
    }
}

/* The planned SIGKILL of a rough sea, by the path of the process. */
static bool killed_by_plan(const struct making *m, pid_t pid)
{
    const struct page *page = m->page;

    for (int i = 0; i < page->procs && i < PAGE_PROCS; i++)
        if (page->proc[i].pid == pid)
            return page->plan.hit && page->plan.fault == SEA_KILLED &&
                   page->proc[i].path == page->plan.proc;
    return false;
}

static void end_by_page(struct making *m)
{
    const struct page *page = m->page;
    struct lane *lane = m->story->lane;
    int crashed = story_lane(m, page->crash.pid);

    if (page->crash.set && page->crash.signal && crashed >= 0) {
        lane[crashed].end = LANE_KILLED;
        lane[crashed].code = page->crash.signal;
    }
    for (int l = 0; l < m->story->lanes; l++)
        if (lane[l].end == LANE_OPEN && killed_by_plan(m, lane[l].pid)) {
            lane[l].end = LANE_KILLED;
            lane[l].code = SIGKILL;
        }
    if (page->ended && (WIFSIGNALED(page->wstatus) || page->program) &&
        m->story->lanes > 0)
        end_by_status(&lane[0], page->wstatus);
}

/* A zombie's wait status is the last number of its stat. */
static void end_of_zombie(struct lane *lane)
{
    char text[1024], *last;

    if (lane->end != LANE_OPEN)
        return;
    lane->end = LANE_EXITED;
    lane->code = -1;
    if (proc_text(text, sizeof(text), "%d/stat", (int)lane->pid) > 0 &&
        (last = strrchr(text, ' ')))
        end_by_status(lane, atoi(last + 1));
}

/* The first line of what explain says of it, without the place. */
static void put_plight(struct making *m, struct lane *lane,
                       const struct actor *a)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return;
    describe(out, m->scene, a);
    fclose(out);
    text[strcspn(text, "\n")] = '\0';
    char *place = strstr(text, "  [");
    if (place)
        *place = '\0';
    snprintf(lane->plight, sizeof(lane->plight), "%s", text);
    snprintf(lane->where, sizeof(lane->where), "%s", a->where);
    free(text);
}

static bool is_busy(const struct scene *s, const struct actor *a)
{
    double limit = a->kind == CALL_UNKNOWN ? -1 : call_limit(a->task);

    (void)s;
    return a->task->state == 'R' || (a->task->known && a->task->call == -1) ||
           (limit >= 0 && limit <= 20 && !isinf(limit));
}

static void end_by_scene(struct making *m)
{
    struct scene *s = m->scene;

    for (int l = 0; l < m->story->lanes; l++) {
        struct lane *lane = &m->story->lane[l];
        const struct actor *a = scene_actor(s, lane->pid);
        if (!a) {
            if (lane->end == LANE_OPEN) {
                lane->end = LANE_EXITED;
                lane->code = -1;
            }
            continue;
        }
        if (a->dead) {
            end_of_zombie(lane);
            continue;
        }
        lane->end = is_busy(s, a) ? LANE_LOOPING : LANE_STUCK;
        lane->code = 0;
        if (m->story->verdict == V_LEFT_BEHIND)
            lane->end = LANE_OPEN;
        put_plight(m, lane, a);
    }
}

/* Its last sign of life, or the signal that was sent to it. */
static uint64_t moment_of_death(const struct making *m, int lane, int *killer)
{
    uint64_t last = 0, killed = 0;

    *killer = -1;
    for (size_t i = 0; i < m->steps; i++) {
        const struct making_step *s = &m->step[i];
        uint64_t at = s->ended == UINT64_MAX ? s->began : s->ended;
        if (s->step.lane == lane && at > last)
            last = at;
        if (s->step.kind == STEP_SIGNAL && s->step.peer == lane &&
            s->step.code == m->story->lane[lane].code && !s->step.error) {
            killed = s->began;
            *killer = (int)i;
        }
    }
    for (size_t i = 0; last == 0 && i < m->steps; i++)
        if (m->step[i].step.kind == STEP_FORK && m->step[i].step.peer == lane)
            last = m->step[i].began;
    return (killed > last ? killed : last) + 1;
}

static void add_death(struct making *m, int lane)
{
    int killer;
    uint64_t at = moment_of_death(m, lane, &killer);
    struct making_step *s = story_step(m);

    s->step.kind = STEP_DEATH;
    s->step.lane = lane;
    s->step.peer = killer < 0 ? -1 : m->step[killer].step.lane;
    s->step.code = m->story->lane[lane].code;
    s->step.injected = killed_by_plan(m, m->story->lane[lane].pid);
    s->began = s->ended = at;
    /* What it was in the middle of ended so. */
    for (size_t i = 0; i < m->steps; i++)
        if (m->step[i].step.lane == lane && m->step[i].ended == UINT64_MAX)
            m->step[i].ended =
                at - 1 > m->step[i].began ? at - 1 : m->step[i].began;
}

/* What has not returned in somebody who is alive does not return. */
static void end_unfinished(struct making *m)
{
    for (size_t i = 0; i < m->steps; i++) {
        struct making_step *s = &m->step[i];
        const struct lane *lane = &m->story->lane[s->step.lane];
        bool alive = lane->end == LANE_OPEN || lane->end == LANE_STUCK ||
                     lane->end == LANE_LOOPING;
        if (s->ended != UINT64_MAX)
            continue;
        if (alive && (m->scene || m->story->verdict != V_PASSED))
            s->step.stuck = true;
        else
            s->ended = s->began;
    }
}

void story_ends(struct making *m)
{
    end_by_calls(m);
    end_by_page(m);
    if (m->scene)
        end_by_scene(m);
    for (int l = 0; l < m->story->lanes; l++)
        if (m->story->lane[l].end == LANE_KILLED)
            add_death(m, l);
    end_unfinished(m);
}
