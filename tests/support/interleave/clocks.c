/*
 * clocks.c — happens-before, with vector clocks, and the data races.
 *
 * Each actor's clock counts its own releases; at[i] is how much of actor i's
 * past it knows. A release store leaves the writer's clock at the variable,
 * an acquire load takes what is there: a read-modify-write adds to it, a
 * plain release store replaces it, a relaxed store clears it (or leaves what
 * a release fence before it has seen). Two accesses of the same byte race if
 * neither knows of the other, one writes, and not both are atomic.
 */
#include <stdio.h>
#include <string.h>

#include "core.h"

void il_join(struct il_clock *to, const struct il_clock *from)
{
    for (int i = 0; i < IL_ACTORS; i++)
        if (to->at[i] < from->at[i])
            to->at[i] = from->at[i];
}

/* What setup did, everybody knows. */
void il_clocks_begin(void)
{
    for (int i = 0; i < IL_ACTORS; i++) {
        struct il_actor *a = &il->actor[i];
        memset(&a->clock, 0, sizeof(a->clock));
        memset(&a->pending, 0, sizeof(a->pending));
        memset(&a->released, 0, sizeof(a->released));
        a->clock.at[i] = 1;
    }
}

static bool acquires(int order)
{
    return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static bool releases(int order)
{
    return order == __ATOMIC_RELEASE || order == __ATOMIC_ACQ_REL ||
           order == __ATOMIC_SEQ_CST;
}

static void tick(void)
{
    struct il_actor *me = il_actor_self();

    me->clock.at[il_me]++;
}

void il_acquire(const struct il_object *o)
{
    il_join(&il_actor_self()->clock, &o->clock);
}

void il_release(struct il_object *o)
{
    il_join(&o->clock, &il_actor_self()->clock);
    tick();
}

void il_load_order(struct il_object *o, int order)
{
    struct il_actor *me = il_actor_self();

    il_join(acquires(order) ? &me->clock : &me->pending, &o->clock);
}

/* since: the writer's clock, where the store was in the buffer meanwhile. */
void il_store_order(struct il_object *o, int order,
                    const struct il_clock *since)
{
    const struct il_actor *me = il_actor_self();

    o->clock = !releases(order) ? me->released : since ? *since : me->clock;
    if (releases(order) && !since)
        tick();
}

void il_rmw_order(struct il_object *o, int order)
{
    const struct il_actor *me = il_actor_self();

    il_load_order(o, order);
    il_join(&o->clock, releases(order) ? &me->clock : &me->released);
    if (releases(order))
        tick();
}

void il_fence_order(int order)
{
    struct il_actor *me = il_actor_self();

    if (acquires(order))
        il_join(&me->clock, &me->pending);
    if (releases(order)) {
        me->released = me->clock;
        tick();
    }
}

/* ------------------------------------------------------------------- races */

static bool writes(enum interleave_act act)
{
    return act == ACT_WRITE || act == ACT_STORE || act == ACT_RMW ||
           act == ACT_CAS || act == ACT_DRAINS;
}

static bool copies_to(const struct interleave_step *step)
{
    return step->act == ACT_COPY && step->result;
}

/* The step in which this other actor last touched the byte. */
static struct interleave_step *find(int actor, uint64_t place, bool write)
{
    for (int i = core->trace.steps - 1; i >= 0; i--) {
        struct interleave_step *s = &core->trace.step[i];
        uint64_t from = (uint64_t)s->object << 48 | s->offset;
        if (s->actor == actor && s->object && place >= from &&
            place < from + (uint64_t)s->size &&
            (!write || writes(s->act) || copies_to(s)))
            return s;
    }
    return NULL;
}

static void race(int other, uint64_t place, bool other_writes, bool write,
                 uintptr_t pc)
{
    struct interleave_step *first = find(other, place, other_writes);
    char one[64], two[64];

    if (il->fine) /* known already: look on for what it does */
        return;
    if (core->trace.steps)
        core->trace.step[core->trace.steps - 1].wrong = true;
    if (first)
        first->wrong = true;
    snprintf(one, sizeof(one), "%s", il_where(first ? first->pc : 0));
    snprintf(two, sizeof(two), "%s", il_where(pc));
    il_fail(INTERLEAVE_RACE,
            "Nothing orders what %s %s at %s and what %s %s at %s: a data "
            "race on the same memory, whatever this machine makes of it.",
            il_name(other), other_writes ? "writes" : "reads", one,
            il_name(il_me), write ? "writes" : "reads", two);
}

static void look_for_races(struct il_byte *b, uint64_t place, bool write,
                           bool atomic, uintptr_t pc)
{
    const struct il_clock *mine = &il_actor_self()->clock;

    if (b->wrote && b->writer != il_me && b->wrote > mine->at[b->writer] &&
        !(atomic && b->atomic_write))
        race(b->writer, place, true, write, pc);
    for (int i = 0; write && i < il->actors; i++)
        if (i != il_me && b->read[i] > mine->at[i] &&
            !(atomic && b->atomic_reads >> i & 1))
            race(i, place, false, write, pc);
}

static void note(struct il_byte *b, bool write, bool atomic)
{
    uint32_t now = il_actor_self()->clock.at[il_me];
    uint8_t bit = (uint8_t)(1u << il_me);

    if (write) {
        bool same = b->wrote == now && b->writer == il_me;
        b->atomic_write = atomic && (!same || b->atomic_write);
        b->wrote = now;
        b->writer = (uint8_t)il_me;
    } else {
        bool same = b->read[il_me] == now;
        if (atomic && (!same || b->atomic_reads & bit))
            b->atomic_reads |= bit;
        else
            b->atomic_reads &= (uint8_t)~bit;
        b->read[il_me] = now;
    }
}

void il_touch(uint64_t place, int size, bool write, bool atomic, uintptr_t pc)
{
    struct il_region_shadow *shadow = &core->shadow[il_object_of(place)];
    uint64_t offset = il_offset_of(place);

    if (!shadow->byte)
        return;
    for (int i = 0; i < size && offset + (uint64_t)i < shadow->size; i++) {
        struct il_byte *b = &shadow->byte[offset + (uint64_t)i];
        if (b->schedule != core->number) {
            memset(b, 0, sizeof(*b));
            b->schedule = core->number;
        }
        look_for_races(b, place + (uint64_t)i, write, atomic, pc);
        note(b, write, atomic);
    }
}
