/*
 * story_lanes.c — the processes of the story.
 */
#include <stdlib.h>
#include <string.h>

#include "story_parts.h"

int story_lane(const struct making *m, pid_t pid)
{
    for (int l = m->story->lanes - 1; pid > 0 && l >= 0; l--)
        if (m->story->lane[l].pid == pid)
            return l;
    return -1;
}

static int procs(const struct page *page)
{
    return page->procs < PAGE_PROCS ? page->procs : PAGE_PROCS;
}

/* Of too many, those that the sentence is about are kept, with their
 * ancestors; then the first. */
static void keep(const struct making *m, pid_t pid, bool kept[PAGE_PROCS])
{
    const struct page *page = m->page;

    for (int i = procs(page) - 1; i >= 0; i--)
        if (page->proc[i].pid == pid)
            for (int k = i; k >= 0 && !kept[k]; k = page->proc[k].parent)
                kept[k] = true;
}

static void choose(const struct making *m, bool kept[PAGE_PROCS])
{
    const struct page *page = m->page;
    int count = 0, first = page_first_proc(page);

    kept[0] = true;
    keep(m, page->failure.child, kept);
    keep(m, page->broken_pid, kept);
    keep(m, page->crash.pid, kept);
    if (m->scene && m->scene->blamed)
        keep(m, m->scene->blamed->pid, kept);
    for (int i = 0; m->scene && i < 2; i++)
        if (m->scene->culprit[i])
            keep(m, m->scene->culprit[i]->task->pid, kept);
    for (int i = 0; i < procs(page); i++)
        count += kept[i];
    for (int i = first; i < procs(page); i++)
        if (!kept[i] && count < STORY_LANES) {
            kept[i] = true;
            count++;
        }
}

static struct lane *add(struct making *m, pid_t pid, int parent)
{
    struct story *s = m->story;
    struct lane *lane = &s->lane[s->lanes++];

    *lane = (struct lane){.pid = pid, .parent = parent, .stuck_step = -1};
    return lane;
}

/* Several helpers of the test are told apart by a number. */
static void number_helpers(struct story *s)
{
    int count = 0, n = 0;

    for (int l = 0; l < s->lanes; l++)
        count += s->lane[l].helper;
    for (int l = 0; count > 1 && l < s->lanes; l++)
        if (s->lane[l].helper)
            snprintf(s->lane[l].name, sizeof(s->lane[l].name),
                     "test's helper %d", ++n);
}

/* What nobody's call has entered in the logbook: a program's children. */
static void add_unseen(struct making *m)
{
    struct story *s = m->story;

    for (size_t i = 0; m->scene && i < m->scene->actors; i++) {
        const struct task *t = m->scene->actor[i].task;
        int parent = story_lane(m, t->parent);
        bool known = false;
        for (int p = 0; p < procs(m->page); p++)
            known |= m->page->proc[p].pid == t->pid;
        if (t->tid != t->pid || known)
            continue;
        if (s->lanes == STORY_LANES) {
            s->more_lanes++;
            continue;
        }
        struct lane *lane = add(m, t->pid, parent < 0 ? 0 : parent);
        snprintf(lane->name, sizeof(lane->name), "%.40s's child",
                 s->lane[lane->parent].name);
        snprintf(lane->program, sizeof(lane->program), "%s", t->name);
    }
}

void story_lanes(struct making *m)
{
    const struct page *page = m->page;
    bool kept[PAGE_PROCS] = {false};

    choose(m, kept);
    for (int i = 0; i < procs(page); i++) {
        const struct page_proc *proc = &page->proc[i];
        if (!kept[i]) {
            m->story->more_lanes += i >= page_first_proc(page);
            continue;
        }
        int parent = i == 0 ? -1 : story_lane(m, proc->parent_pid);
        struct lane *lane = add(m, proc->pid, i > 0 && parent < 0 ? 0 : parent);
        lane->helper = i > 0 && proc->ordinal == 0;
        page_role(page, proc->pid, lane->name, sizeof(lane->name));
        const struct actor *a =
            m->scene ? scene_actor(m->scene, proc->pid) : NULL;
        if (a && a->program)
            snprintf(lane->program, sizeof(lane->program), "%s", a->task->name);
    }
    number_helpers(m->story);
    add_unseen(m);
}
