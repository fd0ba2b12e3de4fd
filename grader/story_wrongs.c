/*
 * story_wrongs.c — which step, hold or lane the sentence is about.
 *
 * At a hang the explainer's rules point at it; after a failed check the
 * check does; a broken rule names its process.
 */
#include "story_parts.h"

/* The call a stuck process is in. */
static void mark_culprits(struct making *m)
{
    for (int i = 0; i < 2; i++) {
        const struct actor *a = m->scene->culprit[i];
        int lane = a ? story_lane(m, a->task->pid) : -1;
        bool found = false;
        for (size_t k = 0; lane >= 0 && k < m->steps; k++)
            if (m->step[k].step.lane == lane && m->step[k].step.stuck)
                found = m->step[k].step.wrong = true;
        if (lane >= 0 && !found)
            m->story->lane[lane].wrong = true;
    }
}

/* The latest call of this process at this place. */
static void mark_call(struct making *m, pid_t pid, uintptr_t pc)
{
    for (size_t i = m->steps; pc && i > 0; i--) {
        struct step *s = &m->step[i - 1].step;
        if (s->event && s->event->pc == pc && s->event->pid == pid) {
            s->wrong = true;
            return;
        }
    }
}

static void mark_failure(struct making *m)
{
    const struct page_failure *f = &m->page->failure;
    int lane = story_lane(m, f->child);

    mark_call(m, f->pid, f->pc);
    if (lane >= 0)
        m->story->lane[lane].wrong = true;
    for (size_t i = 0; f->leaked && i < m->story->holds; i++) {
        struct hold *h = &m->story->hold[i];
        if (h->fd == f->leaked - 1 && m->story->lane[h->lane].pid == f->pid)
            h->wrong = true;
    }
}

static void mark_rule(struct making *m)
{
    int lane = story_lane(m, m->page->broken_pid);
    unsigned broken = m->page->broken;

    if (lane < 0 || !broken)
        return;
    for (size_t i = 0; i < m->steps; i++) {
        struct step *s = &m->step[i].step;
        if (s->lane != lane || !s->event)
            continue;
        s->wrong |= s->event->call == SEA_exit &&
                    broken & (EXIT_IN_CHILD | EXIT_IN_TEST);
        s->wrong |= s->event->call == SEA_kill && s->event->arg[0] == -1 &&
                    broken & KILL_EVERYBODY;
    }
    if (broken & (RETURNED_INTO_TEST | TOO_MANY_FORKS))
        m->story->lane[lane].wrong = true;
}

void story_wrongs(struct making *m)
{
    struct story *s = m->story;

    if (s->verdict == V_PASSED)
        return;
    if (m->scene && s->verdict != V_LEFT_BEHIND)
        mark_culprits(m);
    if (m->page->failure.set)
        mark_failure(m);
    if (!m->page->program)
        mark_rule(m);
    for (int l = 1; l < s->lanes; l++)
        if (s->verdict == V_LEFT_BEHIND && s->lane[l].end == LANE_OPEN)
            s->lane[l].wrong = true;
    for (size_t i = 0; i < m->steps; i++)
        if (m->page->crash.set && m->step[i].step.kind == STEP_DEATH &&
            s->lane[m->step[i].step.lane].pid == m->page->crash.pid)
            m->step[i].step.wrong = true;
}
