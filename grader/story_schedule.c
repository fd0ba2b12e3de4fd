/*
 * story_schedule.c — the order of its processes in which a test fails.
 *
 * What the table of interleave/tell.h has in a line is a step; its places are
 * channels, where more than one operation uses them and one changes them.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "source_line.h"
#include "story_parts.h"
#include "tell.h"
#include "text.h"

enum { ROWS = 44 };

static const char *binary_asked;

static const char *where(uintptr_t pc)
{
    return pc ? source_line(binary_asked, pc) : "";
}

static const struct interleave_step *first_of(const struct schedule *s, int i)
{
    return &s->trace->step[s->item[i].first];
}

static enum step_kind kind_of_step(const struct interleave_step *s)
{
    switch (s->act) {
    case ACT_READ:
    case ACT_LOAD:
        return STEP_READ;
    case ACT_WRITE:
    case ACT_STORE:
    case ACT_DRAINS:
        return STEP_WRITE;
    case ACT_COPY:
        return s->result ? STEP_WRITE : STEP_READ;
    case ACT_CAS:
        return s->result ? STEP_CHANGE : STEP_READ;
    case ACT_RMW:
        return STEP_CHANGE;
    case ACT_SLEEPS:
    case ACT_SPINS:
        return STEP_SLEEP;
    case ACT_KILLED:
    case ACT_CRASHED:
        return STEP_DEATH;
    case ACT_RETURNS:
        return STEP_EXIT;
    case ACT_SAY:
        return STEP_SAY;
    default:
        return STEP_OTHER;
    }
}

static enum step_kind kind_of(const struct schedule *s, int i)
{
    switch (s->item[i].kind) {
    case ITEM_PAIR:
        return STEP_CHANGE;
    case ITEM_AGAIN:
    case ITEM_FOLDED:
        return STEP_AGAIN;
    case ITEM_SWITCH:
        return STEP_SWITCH;
    default:
        return kind_of_step(first_of(s, i));
    }
}

static bool writes(enum step_kind kind)
{
    return kind == STEP_WRITE || kind == STEP_CHANGE;
}

static bool reads(enum step_kind kind)
{
    return kind == STEP_READ || kind == STEP_CHANGE;
}

/* ------------------------------------------------------------------ places */

static bool overlap(const struct interleave_step *a,
                    const struct interleave_step *b)
{
    uint64_t end_a = a->offset + (uint64_t)(a->size > 0 ? a->size : 1);
    uint64_t end_b = b->offset + (uint64_t)(b->size > 0 ? b->size : 1);

    return a->object > 0 && a->object == b->object && a->offset < end_b &&
           b->offset < end_a;
}

/* Do two operations use it, and does anybody change it? */
static bool is_shared(const struct schedule *s, int i)
{
    const struct interleave_step *step = first_of(s, i);
    bool changed = false, others = false;

    for (int k = 0; k < s->trace->steps; k++) {
        const struct interleave_step *other = &s->trace->step[k];
        if (other->actor == 0 || !overlap(step, other))
            continue;
        others |= other->actor != step->actor;
        changed |= writes(kind_of_step(other)) || other->act == ACT_CALL;
    }
    return others && changed;
}

static int place_of(struct story *story, int i)
{
    const struct schedule *s = story->schedule;
    const struct interleave_step *step = first_of(s, i);
    char name[32];

    if (s->item[i].kind > ITEM_RUN || step->object <= 0 || !is_shared(s, i))
        return -1;
    snprintf(name, sizeof(name), "%c+%llu", 'A' + (step->object - 1) % 26,
             (unsigned long long)step->offset);
    for (int c = 0; c < story->channels; c++)
        if (strcmp(story->channel[c].name, name) == 0)
            return c;
    if (story->channels == STORY_CHANNELS)
        return -1;
    struct channel *new = &story->channel[story->channels];
    *new = (struct channel){CH_MEMORY, "", story->channels, {0, 0}, -1};
    snprintf(new->name, sizeof(new->name), "%s", name);
    return story->channels++;
}

/* ------------------------------------------------------------------- steps */

/* Who has the turn after the item. */
static int next_lane(const struct schedule *s, int i, int items)
{
    for (int k = i + 1; k < items; k++)
        if (s->item[k].actor != s->item[i].actor)
            return s->item[k].actor - 1;
    return -1;
}

static void make_step(struct story *story, int i, int items)
{
    const struct schedule *s = story->schedule;
    const struct interleave_step *from = first_of(s, i);
    struct step *step = &story->step[i];
    uintptr_t pc = tell_pc(s->trace, &s->item[i]);

    *step = (struct step){.kind = kind_of(s, i), .lane = s->item[i].actor - 1};
    step->peer = step->kind == STEP_SWITCH ? next_lane(s, i, items) : -1;
    step->fd = step->other_fd = -1;
    step->times = 1;
    step->channel = place_of(story, i);
    step->bytes = from->size > 0 ? from->size : 0;
    if (step->kind == STEP_DEATH)
        step->code = from->act == ACT_KILLED ? SIGKILL : (int)from->result;
    if (step->kind == STEP_AGAIN)
        step->code = s->item[i].period;
    step->stuck = s->item[i].kind == ITEM_STEP && from->act == ACT_STUCK;
    step->wrong = s->item[i].kind == ITEM_STEP && tell_wrong(from);
    tell_item(step->call, sizeof(step->call), s->trace, &s->item[i], 1000,
              false);
    snprintf(step->where, sizeof(step->where), "%s", where(pc));
    if (pc)
        source_text(s->binary, pc, step->preview, sizeof(step->preview));
    step->x0 = i;
    step->x1 = i + 1;
}

static void make_steps(struct story *story, int items)
{
    const struct schedule *s = story->schedule;
    int kept = 0;

    story->step = allocate(((size_t)items + 1) * sizeof(*story->step));
    for (int i = 0; i < items; i++)
        if (s->item[i].actor > 0 && s->item[i].actor <= story->lanes)
            s->item[kept++] = s->item[i];
    for (int i = 0; i < kept; i++)
        make_step(story, i, kept);
    story->steps = (size_t)kept;
    story->width = kept;
}

/* ------------------------------------------------------------------- lanes */

static void make_lanes(struct story *story)
{
    struct schedule *s = story->schedule;

    for (int i = 0; i < INTERLEAVE_OPS && s->world.op[i].name; i++) {
        struct lane *lane = &story->lane[story->lanes++];
        *lane = (struct lane){.parent = -1, .stuck_step = -1};
        snprintf(lane->name, sizeof(lane->name), "%s", s->world.op[i].name);
    }
}

static void end_lanes(struct story *story)
{
    for (size_t i = 0; i < story->steps; i++) {
        const struct step *step = &story->step[i];
        struct lane *lane = &story->lane[step->lane];
        lane->x1 = story->width;
        if (step->kind == STEP_EXIT)
            lane->end = LANE_EXITED;
        if (step->kind == STEP_DEATH) {
            lane->end = LANE_KILLED;
            lane->code = step->code;
        }
        if (step->stuck) {
            lane->end = LANE_STUCK;
            lane->stuck_step = (int)i;
            snprintf(lane->plight, sizeof(lane->plight), "%.150s", step->call);
            snprintf(lane->where, sizeof(lane->where), "%s", step->where);
        }
    }
}

/* --------------------------------------------------------------- crossings */

/* The last write to the place before step i, if it was another's; -1. */
static int last_write(const struct story *story, int i)
{
    const struct step *read = &story->step[i];

    for (int k = i - 1; k >= 0; k--) {
        const struct step *step = &story->step[k];
        if (step->channel == read->channel && writes(step->kind))
            return step->lane == read->lane ? -1 : k;
    }
    return -1;
}

/* Has the lane read what write k wrote already? */
static bool had_it(const struct story *story, int k, int lane)
{
    for (size_t i = 0; i < story->crossings; i++)
        if (story->crossing[i].write == k &&
            story->step[story->crossing[i].read].lane == lane)
            return true;
    return false;
}

static void make_crossings(struct story *story)
{
    story->crossing = allocate((story->steps + 1) * sizeof(*story->crossing));
    for (int i = 0; i < (int)story->steps; i++) {
        const struct step *step = &story->step[i];
        int from =
            step->channel >= 0 && reads(step->kind) ? last_write(story, i) : -1;
        if (from >= 0 && !had_it(story, from, step->lane))
            story->crossing[story->crossings++] =
                (struct crossing){from, i, step->bytes};
    }
}

bool story_of_schedule(struct making *m)
{
    struct story *story = m->story;
    struct schedule *s;
    int items;

    if (!m->page->schedule.set || m->page->failure.unstarted)
        return false;
    s = allocate(sizeof(*s));
    s->binary = binary_asked = m->binary;
    s->page = &m->page->schedule;
    s->trace = tell_trace(s->page, &s->world);
    if (!s->trace) {
        free(s);
        return false;
    }
    s->item = tell_fold(s->trace, where, ROWS, &items);
    story->schedule = s;
    story->cut = s->trace->cut;
    make_lanes(story);
    make_steps(story, items);
    end_lanes(story);
    make_crossings(story);
    return true;
}
