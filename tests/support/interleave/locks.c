/*
 * locks.c — mutexes, as glibc has them, and nothing locked in earnest.
 */
#include <string.h>

#include "models.h"

/* How glibc marks them in __kind. It marks robust ones as shared, too. */
enum { KIND_TYPE = 3, KIND_ROBUST = 16, KIND_SHARED = 128 };

struct il_at il_at(uintptr_t pc)
{
    struct il_at at = {""};
    const char *where = pc ? il_where(pc) : "";

    if (where[0])
        snprintf(at.text, sizeof(at.text), " at %s", where);
    return at;
}

void il_one_process_only(struct il_object *o, const char *call,
                         const char *what, const char *how)
{
    if (!o->user)
        o->user = 1 + il_me;
    if (o->user == 1 + il_me)
        return;
    il_fail(INTERLEAVE_MISUSE,
            "%s calls %s on a %s that %s has used before, and they are two "
            "processes. It is in shared memory, but made for one process "
            "only: %s.",
            il_name(il_me), call, what, il_name(o->user - 1), how);
}

/* ---------------------------------------------------------- what it is */

static struct il_object *look_at(const pthread_mutex_t *mutex)
{
    struct il_object *o = il_object(IL_MUTEX, mutex);
    int kind = mutex->__data.__kind;

    if (o->mutex.known)
        return o;
    o->mutex.known = true;
    o->mutex.type = kind & KIND_TYPE;
    o->mutex.robust = kind & KIND_ROBUST;
    o->mutex.shared = kind & KIND_SHARED;
    return o;
}

struct il_object *il_mutex(pthread_mutex_t *mutex, const char *call)
{
    struct il_object *o = look_at(mutex);

    if (o->mutex.destroyed)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a mutex that has been destroyed: destroy it "
                "when nobody can come any more.",
                il_name(il_me), call);
    if (!o->mutex.shared && il_place(mutex))
        il_one_process_only(
            o, call, "mutex",
            o->mutex.made ? "pthread_mutexattr_setpshared with "
                            "PTHREAD_PROCESS_SHARED is missing"
                          : "pthread_mutex_init with PTHREAD_PROCESS_SHARED "
                            "was never called for it");
    return o;
}

static void made(pthread_mutex_t *mutex, const pthread_mutexattr_t *attr)
{
    struct il_object *o = il_object(IL_MUTEX, mutex);
    int type = PTHREAD_MUTEX_DEFAULT, robust = PTHREAD_MUTEX_STALLED;
    int shared = PTHREAD_PROCESS_PRIVATE;

    if (attr) {
        pthread_mutexattr_gettype(attr, &type);
        pthread_mutexattr_getrobust(attr, &robust);
        pthread_mutexattr_getpshared(attr, &shared);
    }
    memset(&o->mutex, 0, sizeof(o->mutex));
    o->user = 0;
    o->mutex.known = o->mutex.made = true;
    o->mutex.type = type;
    o->mutex.robust = robust == PTHREAD_MUTEX_ROBUST;
    o->mutex.shared = shared == PTHREAD_PROCESS_SHARED;
}

static void not_in_use(const struct il_object *o, const char *call)
{
    int waiters[IL_ACTORS];

    if (o->mutex.owner)
        il_fail(INTERLEAVE_MISUSE, "%s calls %s on a mutex that %s holds%s.",
                il_name(il_me), call, il_name(o->mutex.owner - 1),
                il_at(o->mutex.locked_at).text);
    if (il_waiters(o, waiters) > 0)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a mutex that %s is waiting for.",
                il_name(il_me), call, il_name(waiters[0]));
}

int il_pthread_mutex_init(pthread_mutex_t *, const pthread_mutexattr_t *);
int il_pthread_mutex_init(pthread_mutex_t *mutex,
                          const pthread_mutexattr_t *attr)
{
    struct interleave_step *step;
    struct il_object *o;
    int r;

    if (!il)
        return pthread_mutex_init(mutex, attr);
    if (!il_active()) {
        r = pthread_mutex_init(mutex, attr);
        if (r == 0)
            made(mutex, attr);
        return r;
    }
    step = il_call("pthread_mutex_init", mutex, IL_PC);
    o = il_object_known(IL_MUTEX, mutex);
    if (o && !o->mutex.destroyed)
        not_in_use(o, "pthread_mutex_init");
    r = pthread_mutex_init(mutex, attr);
    if (r == 0) {
        made(mutex, attr);
        il_release(il_object(IL_MUTEX, mutex));
    }
    return il_returns(step, r);
}

int il_pthread_mutex_destroy(pthread_mutex_t *);
int il_pthread_mutex_destroy(pthread_mutex_t *mutex)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active()) {
        if (il)
            look_at(mutex)->mutex.destroyed = true;
        return pthread_mutex_destroy(mutex);
    }
    step = il_call("pthread_mutex_destroy", mutex, IL_PC);
    o = look_at(mutex);
    if (o->mutex.owner && !o->mutex.robust)
        return il_returns(step, EBUSY);
    o->mutex.destroyed = true;
    return il_returns(step, 0);
}

/* -------------------------------------------------------- lock and unlock */

bool il_mutex_is_mine(const struct il_object *o)
{
    return o->mutex.owner == 1 + il_me;
}

bool il_mutex_is_free(const struct il_object *o)
{
    return !o->mutex.owner || o->mutex.unrecoverable;
}

static bool is_free(const struct il_actor *actor)
{
    return il_mutex_is_free(actor->object);
}

static int take(struct il_object *o, uintptr_t pc)
{
    if (o->mutex.unrecoverable)
        return ENOTRECOVERABLE;
    o->mutex.owner = 1 + il_me;
    o->mutex.depth = 1;
    o->mutex.locked_at = pc;
    il_acquire(o);
    if (!o->mutex.owner_died)
        return 0;
    o->mutex.owner_died = false;
    o->mutex.inconsistent = true;
    return EOWNERDEAD;
}

/* Its owner comes again. -1: glibc lets it wait for itself. */
static int enter_again(struct il_object *o, bool try)
{
    if (o->mutex.type == PTHREAD_MUTEX_RECURSIVE) {
        o->mutex.depth++;
        return 0;
    }
    if (o->mutex.type == PTHREAD_MUTEX_ERRORCHECK && (!try || o->mutex.robust))
        return EDEADLK;
    return -1;
}

static int lock(struct il_object *o, int64_t deadline, const char *call,
                uintptr_t pc)
{
    int r = il_mutex_is_mine(o) ? enter_again(o, false) : -1;

    if (r >= 0)
        return r;
    while (!il_mutex_is_free(o))
        if (deadline <= il->time ||
            il_wait_for(o, is_free, deadline, false, call, pc) == IL_TIMED_OUT)
            return ETIMEDOUT;
    return take(o, pc);
}

int il_mutex_regain(struct il_object *o, const char *call, uintptr_t pc)
{
    if (il_mutex_is_mine(o)) {
        o->mutex.depth++;
        return 0;
    }
    return lock(o, IL_FOR_EVER, call, pc);
}

void il_mutex_give(struct il_object *o)
{
    if (--o->mutex.depth > 0)
        return;
    il_release(o);
    o->mutex.owner = 0;
    if (o->mutex.inconsistent)
        o->mutex.unrecoverable = true;
    o->mutex.inconsistent = false;
    il_changed();
}

static int unlock(struct il_object *o)
{
    if (il_mutex_is_mine(o)) {
        /* glibc says so at each level. */
        bool error = o->mutex.inconsistent && o->mutex.depth > 1;

        il_mutex_give(o);
        return error ? ENOTRECOVERABLE : 0;
    }
    if (o->mutex.robust || o->mutex.type == PTHREAD_MUTEX_RECURSIVE ||
        o->mutex.type == PTHREAD_MUTEX_ERRORCHECK)
        return EPERM;
    if (!o->mutex.owner)
        il_fail(INTERLEAVE_MISUSE,
                "%s unlocks a mutex that nobody holds: was it unlocked twice, "
                "or never locked on this path?",
                il_name(il_me));
    il_fail(INTERLEAVE_MISUSE,
            "%s unlocks a mutex that %s holds (locked%s): only who locked it "
            "may unlock it.",
            il_name(il_me), il_name(o->mutex.owner - 1),
            il_at(o->mutex.locked_at).text);
}

/* In setup the real call was made, and the model follows. */
static int follow(pthread_mutex_t *mutex, int result, int levels)
{
    struct il_object *o;

    if (!il || (result != 0 && result != EOWNERDEAD))
        return result;
    o = look_at(mutex);
    o->mutex.depth += levels;
    o->mutex.owner = o->mutex.depth > 0 ? 1 + il_me : 0;
    o->mutex.inconsistent |= result == EOWNERDEAD;
    return result;
}

int il_pthread_mutex_lock(pthread_mutex_t *);
int il_pthread_mutex_lock(pthread_mutex_t *mutex)
{
    struct interleave_step *step;

    if (!il_active())
        return follow(mutex, pthread_mutex_lock(mutex), 1);
    step = il_call("pthread_mutex_lock", mutex, IL_PC);
    return il_returns(step, lock(il_mutex(mutex, "pthread_mutex_lock"),
                                 IL_FOR_EVER, "pthread_mutex_lock", IL_PC));
}

int il_pthread_mutex_trylock(pthread_mutex_t *);
int il_pthread_mutex_trylock(pthread_mutex_t *mutex)
{
    struct interleave_step *step;
    struct il_object *o;
    int r;

    if (!il_active())
        return follow(mutex, pthread_mutex_trylock(mutex), 1);
    step = il_call("pthread_mutex_trylock", mutex, IL_PC);
    o = il_mutex(mutex, "pthread_mutex_trylock");
    r = il_mutex_is_mine(o) ? enter_again(o, true) : -1;
    if (r < 0)
        r = il_mutex_is_free(o) ? take(o, IL_PC) : EBUSY;
    return il_returns(step, r);
}

/* As glibc does, the time is looked at only by who has to wait. */
static int timed_lock(pthread_mutex_t *mutex, clockid_t clock,
                      const struct timespec *until, const char *call,
                      uintptr_t pc)
{
    struct interleave_step *step = il_call(call, mutex, pc);
    struct il_object *o = il_mutex(mutex, call);

    if (!il_is_waiting_clock(clock))
        return il_returns(step, EINVAL);
    if (!il_is_time(until) && !il_mutex_is_free(o) &&
        (!il_mutex_is_mine(o) || o->mutex.type == PTHREAD_MUTEX_NORMAL))
        return il_returns(step, EINVAL);
    return il_returns(step, lock(o, il_moment(clock, until), call, pc));
}

int il_pthread_mutex_timedlock(pthread_mutex_t *, const struct timespec *);
int il_pthread_mutex_timedlock(pthread_mutex_t *mutex,
                               const struct timespec *until)
{
    if (!il_active())
        return follow(mutex, pthread_mutex_timedlock(mutex, until), 1);
    return timed_lock(mutex, CLOCK_REALTIME, until, "pthread_mutex_timedlock",
                      IL_PC);
}

int il_pthread_mutex_clocklock(pthread_mutex_t *, clockid_t,
                               const struct timespec *);
int il_pthread_mutex_clocklock(pthread_mutex_t *mutex, clockid_t clock,
                               const struct timespec *until)
{
    if (!il_active())
        return follow(mutex, pthread_mutex_clocklock(mutex, clock, until), 1);
    return timed_lock(mutex, clock, until, "pthread_mutex_clocklock", IL_PC);
}

int il_pthread_mutex_unlock(pthread_mutex_t *);
int il_pthread_mutex_unlock(pthread_mutex_t *mutex)
{
    struct interleave_step *step;

    if (!il_active())
        return follow(mutex, pthread_mutex_unlock(mutex), -1);
    step = il_call("pthread_mutex_unlock", mutex, IL_PC);
    return il_returns(step, unlock(il_mutex(mutex, "pthread_mutex_unlock")));
}

int il_pthread_mutex_consistent(pthread_mutex_t *);
int il_pthread_mutex_consistent(pthread_mutex_t *mutex)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active())
        return pthread_mutex_consistent(mutex);
    step = il_call("pthread_mutex_consistent", mutex, IL_PC);
    o = il_mutex(mutex, "pthread_mutex_consistent");
    if (!o->mutex.inconsistent)
        return il_returns(step, EINVAL);
    if (!il_mutex_is_mine(o))
        il_fail(INTERLEAVE_MISUSE,
                "%s calls pthread_mutex_consistent on a mutex that %s holds: "
                "that is for the one who has got EOWNERDEAD.",
                il_name(il_me), il_name(o->mutex.owner - 1));
    o->mutex.inconsistent = false;
    return il_returns(step, 0);
}

/* What the dead one wrote, the next owner may see. */
void il_locks_of_dead(int dead)
{
    struct il_object *kernel = il_object_known(IL_KERNEL, NULL);

    if (kernel) /* its descriptors and file locks are gone */
        kernel->kernel.changes++;
    for (int i = 0; i < IL_OBJECTS; i++) {
        struct il_object *o = &il->object[i];

        if (o->kind != IL_MUTEX || o->mutex.owner != 1 + dead ||
            !o->mutex.robust)
            continue;
        o->mutex.owner = o->mutex.depth = 0;
        o->mutex.inconsistent = false;
        o->mutex.owner_died = true;
        for (int a = 0; a < IL_ACTORS; a++)
            if (o->clock.at[a] < il->actor[dead].clock.at[a])
                o->clock.at[a] = il->actor[dead].clock.at[a];
    }
    il_changed();
}

/* ------------------------------------------------------------- sentences */

void il_mutex_holder(const struct il_object *o, int waiter, char *buf,
                     size_t cap)
{
    int owner = o->mutex.owner - 1;
    struct il_at at = il_at(o->mutex.locked_at);
    const struct il_actor *a = &il->actor[owner < 0 ? 0 : owner];

    if (owner < 0)
        snprintf(buf, cap, "nobody holds");
    else if (owner == waiter)
        snprintf(buf, cap,
                 "it holds itself (locked%s): a mutex that is not recursive "
                 "lets not even its owner in twice",
                 at.text);
    else if (a->state == IL_DEAD)
        snprintf(buf, cap,
                 "%s held when it was killed (locked%s): only a robust mutex "
                 "(pthread_mutexattr_setrobust) passes on to the next one",
                 il_name(owner), at.text);
    else if (a->state == IL_DONE)
        snprintf(buf, cap,
                 "%s locked%s and never unlocked: it has returned. Does every "
                 "path unlock it, the error paths too?",
                 il_name(owner), at.text);
    else if (a->state == IL_WAITING)
        snprintf(buf, cap, "%s holds (locked%s), which itself waits in %s%s",
                 il_name(owner), at.text, a->wait_call, il_at(a->wait_pc).text);
    else
        snprintf(buf, cap, "%s holds (locked%s)", il_name(owner), at.text);
}

bool il_locks_tell(const struct il_actor *actor, char *buf, size_t cap)
{
    char holder[384];
    int n = (int)(actor - il->actor);

    if (!actor->object || actor->object->kind != IL_MUTEX)
        return il_rwlocks_tell(actor, buf, cap);
    il_mutex_holder(actor->object, n, holder, sizeof(holder));
    snprintf(buf, cap, "%s waits in %s%s for a mutex that %s.", il_name(n),
             actor->wait_call, il_at(actor->wait_pc).text, holder);
    return true;
}
