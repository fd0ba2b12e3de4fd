/*
 * objects.c — what modelled calls are about, who waits for it, and the time.
 */
#include <string.h>
#include <time.h>

#include "core.h"

static uint64_t place_of(enum il_kind kind, const void *addr)
{
    if (kind == IL_KERNEL) /* one for all */
        return 1;

    uint64_t place = il_place(addr);

    return place ? place
                 : (uint64_t)(il_me + 1) << 56 | (uint64_t)(uintptr_t)addr;
}

/* A hash with open addresses; objects begin with kind 0. */
static struct il_object *look_up(enum il_kind kind, uint64_t place)
{
    uint64_t mixed = (place ^ (uint64_t)kind << 60) * 0x9e3779b97f4a7c15ull;
    int i = (int)(mixed >> 56) % IL_OBJECTS;

    for (int tries = 0; tries < IL_OBJECTS; tries++) {
        struct il_object *o = &il->object[i];
        if (o->kind == 0 || (o->kind == kind && o->place == place))
            return o;
        i = (i + 1) % IL_OBJECTS;
    }
    il_fail(INTERLEAVE_FAULT,
            "there are more than %d variables that synchronise.", IL_OBJECTS);
}

struct il_object *il_object(enum il_kind kind, const void *addr)
{
    uint64_t place = place_of(kind, addr);
    struct il_object *o = look_up(kind, place);

    if (o->kind == 0) {
        memset(o, 0, sizeof(*o));
        o->kind = kind;
        o->place = place;
    }
    return o;
}

struct il_object *il_object_known(enum il_kind kind, const void *addr)
{
    struct il_object *o = look_up(kind, place_of(kind, addr));

    return o->kind ? o : NULL;
}

int il_waiters(const struct il_object *o, int waiters[IL_ACTORS])
{
    int n = 0;

    for (int i = 0; i < il->actors; i++) {
        const struct il_actor *a = &il->actor[i];
        if (a->state != IL_WAITING || a->object != o || a->woken)
            continue;
        int at = n++;
        for (; at > 0 && il->actor[waiters[at - 1]].queued > a->queued; at--)
            waiters[at] = waiters[at - 1];
        waiters[at] = i;
    }
    return n;
}

/* Each look at a clock takes a microsecond: who waits for it to reach a point
 * comes there. */
enum { LOOK = 1000 };
static const int64_t monotonic_at_begin = 1000000000ll * 7654321,
                     realtime_ahead = 1000000000ll * 1700000000 + 123456789;

int64_t il_clock_now(int clockid)
{
    bool wall = clockid == CLOCK_REALTIME || clockid == CLOCK_REALTIME_COARSE;

    il->time += LOOK;
    return monotonic_at_begin + il->time + (wall ? realtime_ahead : 0);
}

int64_t il_deadline(int clockid, const void *timespec)
{
    const struct timespec *t = timespec;
    bool wall = clockid == CLOCK_REALTIME || clockid == CLOCK_REALTIME_COARSE;

    if (t->tv_sec > INT64_MAX / 2000000000)
        return IL_FOR_EVER;
    return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec - monotonic_at_begin -
           (wall ? realtime_ahead : 0);
}
