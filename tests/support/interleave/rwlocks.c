/*
 * rwlocks.c — read-write locks, spin locks and barriers.
 */
#include <string.h>

#include "models.h"

/* What a waiter for a read-write lock or a barrier keeps in detail[]. */
enum { WANTS_TO_WRITE, ROUND = 0 };

/* ------------------------------------------------------- read-write locks */

static struct il_object *rwlock_at(const pthread_rwlock_t *lock)
{
    struct il_object *o = il_object(IL_RWLOCK, lock);

    if (o->rwlock.known)
        return o;
    o->rwlock.known = true;
    o->rwlock.shared = lock->__data.__shared;
    o->rwlock.writers_first =
        lock->__data.__flags == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
    return o;
}

static struct il_object *rwlock(pthread_rwlock_t *lock, const char *call)
{
    struct il_object *o = rwlock_at(lock);

    if (o->rwlock.destroyed)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a lock that has been destroyed: destroy it "
                "when nobody can come any more.",
                il_name(il_me), call);
    if (!o->rwlock.shared && il_place(lock))
        il_one_process_only(
            o, call, "read-write lock",
            o->rwlock.made ? "pthread_rwlockattr_setpshared with "
                             "PTHREAD_PROCESS_SHARED is missing"
                           : "pthread_rwlock_init with PTHREAD_PROCESS_SHARED "
                             "was never called for it");
    return o;
}

/* Who has it, 1 + actor, but not `but`; 0: nobody. */
static int holder(const struct il_object *o, int but)
{
    if (o->rwlock.writer && o->rwlock.writer != 1 + but)
        return o->rwlock.writer;
    for (int i = 0; i < IL_ACTORS; i++)
        if (i != but && o->rwlock.readers[i])
            return 1 + i;
    return 0;
}

static void made_rwlock(pthread_rwlock_t *lock,
                        const pthread_rwlockattr_t *attr)
{
    struct il_object *o = il_object(IL_RWLOCK, lock);
    int shared = PTHREAD_PROCESS_PRIVATE, kind = PTHREAD_RWLOCK_DEFAULT_NP;

    if (attr) {
        pthread_rwlockattr_getpshared(attr, &shared);
        pthread_rwlockattr_getkind_np(attr, &kind);
    }
    memset(&o->rwlock, 0, sizeof(o->rwlock));
    o->user = 0;
    o->rwlock.known = o->rwlock.made = true;
    o->rwlock.shared = shared == PTHREAD_PROCESS_SHARED;
    o->rwlock.writers_first =
        kind == PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP;
}

static void rwlock_not_in_use(const struct il_object *o, const char *call)
{
    if (o && holder(o, -1))
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a read-write lock that %s holds.",
                il_name(il_me), call, il_name(holder(o, -1) - 1));
}

int il_pthread_rwlock_init(pthread_rwlock_t *, const pthread_rwlockattr_t *);
int il_pthread_rwlock_init(pthread_rwlock_t *lock,
                           const pthread_rwlockattr_t *attr)
{
    struct interleave_step *step = NULL;
    int r;

    if (il_active()) {
        step = il_call("pthread_rwlock_init", lock, IL_PC);
        rwlock_not_in_use(il_object_known(IL_RWLOCK, lock),
                          "pthread_rwlock_init");
    }
    r = pthread_rwlock_init(lock, attr);
    if (il && r == 0)
        made_rwlock(lock, attr);
    return step ? il_returns(step, r) : r;
}

int il_pthread_rwlock_destroy(pthread_rwlock_t *);
int il_pthread_rwlock_destroy(pthread_rwlock_t *lock)
{
    struct interleave_step *step;

    if (!il_active()) {
        if (il)
            rwlock_at(lock)->rwlock.destroyed = true;
        return pthread_rwlock_destroy(lock);
    }
    step = il_call("pthread_rwlock_destroy", lock, IL_PC);
    rwlock_not_in_use(rwlock_at(lock), "pthread_rwlock_destroy");
    rwlock_at(lock)->rwlock.destroyed = true;
    return il_returns(step, 0);
}

static bool writer_waits(const struct il_object *o)
{
    int waiters[IL_ACTORS];

    for (int n = il_waiters(o, waiters); n > 0; n--)
        if (il->actor[waiters[n - 1]].detail[WANTS_TO_WRITE])
            return true;
    return false;
}

static bool can_have(const struct il_object *o, bool write)
{
    if (write)
        return !holder(o, -1);
    return !o->rwlock.writer && !(o->rwlock.writers_first && writer_waits(o));
}

static bool rwlock_ready(const struct il_actor *actor)
{
    return can_have(actor->object, actor->detail[WANTS_TO_WRITE]);
}

static int hold(struct il_object *o, bool write, uintptr_t pc)
{
    o->rwlock.locked_at[il_me] = pc;
    if (write)
        o->rwlock.writer = 1 + il_me;
    else
        o->rwlock.readers[il_me]++;
    il_acquire(o);
    return 0;
}

static int rwlock_take(pthread_rwlock_t *lock, bool write, int64_t deadline,
                       const char *call, uintptr_t pc)
{
    struct il_object *o = rwlock(lock, call);

    if (o->rwlock.writer == 1 + il_me)
        return EDEADLK;
    while (!can_have(o, write)) {
        il_actor_self()->detail[WANTS_TO_WRITE] = write;
        if (deadline <= il->time ||
            il_wait_for(o, rwlock_ready, deadline, false, call, pc) ==
                IL_TIMED_OUT)
            return ETIMEDOUT;
    }
    return hold(o, write, pc);
}

/* In setup the real call was made, and the model follows. */
static int rwlock_follow(pthread_rwlock_t *lock, int result, bool write)
{
    if (il && result == 0)
        hold(rwlock_at(lock), write, 0);
    return result;
}

static int try(pthread_rwlock_t *lock, bool write, const char *call,
               uintptr_t pc)
{
    struct interleave_step *step = il_call(call, lock, pc);
    struct il_object *o = rwlock(lock, call);

    return il_returns(step, can_have(o, write) ? hold(o, write, pc) : EBUSY);
}

static int timed(pthread_rwlock_t *lock, bool write, clockid_t clock,
                 const struct timespec *until, const char *call, uintptr_t pc)
{
    struct interleave_step *step = il_call(call, lock, pc);

    if (!il_is_waiting_clock(clock) || !il_is_time(until))
        return il_returns(step, EINVAL);
    return il_returns(
        step, rwlock_take(lock, write, il_moment(clock, until), call, pc));
}

#define RWLOCK(name, write)                                                    \
    int il_pthread_rwlock_##name(pthread_rwlock_t *);                          \
    int il_pthread_rwlock_##name(pthread_rwlock_t *lock)                       \
    {                                                                          \
        struct interleave_step *step;                                          \
                                                                               \
        if (!il_active())                                                      \
            return rwlock_follow(lock, pthread_rwlock_##name(lock), write);    \
        step = il_call("pthread_rwlock_" #name, lock, IL_PC);                  \
        return il_returns(step, rwlock_take(lock, write, IL_FOR_EVER,          \
                                            "pthread_rwlock_" #name, IL_PC));  \
    }                                                                          \
    int il_pthread_rwlock_try##name(pthread_rwlock_t *);                       \
    int il_pthread_rwlock_try##name(pthread_rwlock_t *lock)                    \
    {                                                                          \
        if (!il_active())                                                      \
            return rwlock_follow(lock, pthread_rwlock_try##name(lock), write); \
        return try(lock, write, "pthread_rwlock_try" #name, IL_PC);            \
    }                                                                          \
    int il_pthread_rwlock_timed##name(pthread_rwlock_t *,                      \
                                      const struct timespec *);                \
    int il_pthread_rwlock_timed##name(pthread_rwlock_t *lock,                  \
                                      const struct timespec *until)            \
    {                                                                          \
        if (!il_active())                                                      \
            return rwlock_follow(                                              \
                lock, pthread_rwlock_timed##name(lock, until), write);         \
        return timed(lock, write, CLOCK_REALTIME, until,                       \
                     "pthread_rwlock_timed" #name, IL_PC);                     \
    }                                                                          \
    int il_pthread_rwlock_clock##name(pthread_rwlock_t *, clockid_t,           \
                                      const struct timespec *);                \
    int il_pthread_rwlock_clock##name(pthread_rwlock_t *lock, clockid_t clock, \
                                      const struct timespec *until)            \
    {                                                                          \
        if (!il_active())                                                      \
            return rwlock_follow(                                              \
                lock, pthread_rwlock_clock##name(lock, clock, until), write);  \
        return timed(lock, write, clock, until, "pthread_rwlock_clock" #name,  \
                     IL_PC);                                                   \
    }
RWLOCK(rdlock, false)
RWLOCK(wrlock, true)

static int let_go(struct il_object *o)
{
    il_release(o);
    if (o->rwlock.writer == 1 + il_me)
        o->rwlock.writer = 0;
    else if (o->rwlock.readers[il_me])
        o->rwlock.readers[il_me]--;
    else if (il_active())
        il_fail(INTERLEAVE_MISUSE,
                "%s unlocks a read-write lock that it does not hold.",
                il_name(il_me));
    return 0;
}

int il_pthread_rwlock_unlock(pthread_rwlock_t *);
int il_pthread_rwlock_unlock(pthread_rwlock_t *lock)
{
    struct interleave_step *step;

    if (!il_active()) {
        if (il)
            let_go(rwlock_at(lock));
        return pthread_rwlock_unlock(lock);
    }
    step = il_call("pthread_rwlock_unlock", lock, IL_PC);
    let_go(rwlock(lock, "pthread_rwlock_unlock"));
    il_changed();
    return il_returns(step, 0);
}

/* -------------------------------------------------------------- spin locks
 * Who waits sleeps here: spinning would show nothing more.
 */

static struct il_object *spin(pthread_spinlock_t *lock, const char *call)
{
    struct il_object *o = il_object(IL_SPIN, (const void *)lock);

    if (!o->spin.known)
        o->spin.known = o->spin.shared = true;
    if (!o->spin.shared && il_place((const void *)lock))
        il_one_process_only(o, call, "spin lock",
                            "the second argument of pthread_spin_init is not "
                            "PTHREAD_PROCESS_SHARED");
    return o;
}

int il_pthread_spin_init(pthread_spinlock_t *, int);
int il_pthread_spin_init(pthread_spinlock_t *lock, int shared)
{
    struct interleave_step *step = NULL;
    struct il_object *o;

    if (il_active())
        step = il_call("pthread_spin_init", (const void *)lock, IL_PC);
    if (il) {
        o = il_object(IL_SPIN, (const void *)lock);
        memset(&o->spin, 0, sizeof(o->spin));
        o->user = 0;
        o->spin.known = true;
        o->spin.shared = shared == PTHREAD_PROCESS_SHARED;
    }
    pthread_spin_init(lock, shared);
    return step ? il_returns(step, 0) : 0;
}

int il_pthread_spin_destroy(pthread_spinlock_t *);
int il_pthread_spin_destroy(pthread_spinlock_t *lock)
{
    if (il_active())
        il_call("pthread_spin_destroy", (const void *)lock, IL_PC);
    return 0;
}

static bool spin_free(const struct il_actor *actor)
{
    return !actor->object->spin.owner;
}

static int spin_take(struct il_object *o, uintptr_t pc)
{
    o->spin.owner = 1 + il_me;
    o->spin.locked_at = pc;
    il_acquire(o);
    return 0;
}

static int spin_follow(pthread_spinlock_t *lock, int result, int owner)
{
    if (il && result == 0)
        il_object(IL_SPIN, (const void *)lock)->spin.owner = owner;
    return result;
}

int il_pthread_spin_lock(pthread_spinlock_t *);
int il_pthread_spin_lock(pthread_spinlock_t *lock)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active())
        return spin_follow(lock, pthread_spin_lock(lock), 1 + il_me);
    step = il_call("pthread_spin_lock", (const void *)lock, IL_PC);
    o = spin(lock, "pthread_spin_lock");
    while (o->spin.owner)
        il_wait_for(o, spin_free, IL_FOR_EVER, false, "pthread_spin_lock",
                    IL_PC);
    return il_returns(step, spin_take(o, IL_PC));
}

int il_pthread_spin_trylock(pthread_spinlock_t *);
int il_pthread_spin_trylock(pthread_spinlock_t *lock)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active())
        return spin_follow(lock, pthread_spin_trylock(lock), 1 + il_me);
    step = il_call("pthread_spin_trylock", (const void *)lock, IL_PC);
    o = spin(lock, "pthread_spin_trylock");
    return il_returns(step, o->spin.owner ? EBUSY : spin_take(o, IL_PC));
}

int il_pthread_spin_unlock(pthread_spinlock_t *);
int il_pthread_spin_unlock(pthread_spinlock_t *lock)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active())
        return spin_follow(lock, pthread_spin_unlock(lock), 0);
    step = il_call("pthread_spin_unlock", (const void *)lock, IL_PC);
    o = spin(lock, "pthread_spin_unlock");
    if (o->spin.owner != 1 + il_me)
        il_fail(INTERLEAVE_MISUSE,
                "%s unlocks a spin lock that %s holds: only who locked it may "
                "unlock it.",
                il_name(il_me),
                o->spin.owner ? il_name(o->spin.owner - 1) : "nobody");
    il_release(o);
    o->spin.owner = 0;
    il_changed();
    return il_returns(step, 0);
}

/* --------------------------------------------------------------- barriers */

int il_pthread_barrier_init(pthread_barrier_t *, const pthread_barrierattr_t *,
                            unsigned);
int il_pthread_barrier_init(pthread_barrier_t *barrier,
                            const pthread_barrierattr_t *attr, unsigned count)
{
    struct interleave_step *step = NULL;
    struct il_object *o;
    int shared = PTHREAD_PROCESS_PRIVATE, r;

    if (il_active())
        step = il_call("pthread_barrier_init", barrier, IL_PC);
    r = pthread_barrier_init(barrier, attr, count);
    if (il && r == 0) {
        if (attr)
            pthread_barrierattr_getpshared(attr, &shared);
        o = il_object(IL_BARRIER, barrier);
        memset(&o->barrier, 0, sizeof(o->barrier));
        o->user = 0;
        o->barrier.known = true;
        o->barrier.shared = shared == PTHREAD_PROCESS_SHARED;
        o->barrier.count = count;
    }
    return step ? il_returns(step, r) : r;
}

int il_pthread_barrier_destroy(pthread_barrier_t *);
int il_pthread_barrier_destroy(pthread_barrier_t *barrier)
{
    struct interleave_step *step;
    int waiters[IL_ACTORS];

    if (!il_active())
        return pthread_barrier_destroy(barrier);
    step = il_call("pthread_barrier_destroy", barrier, IL_PC);
    if (il_waiters(il_object(IL_BARRIER, barrier), waiters) > 0)
        il_fail(INTERLEAVE_MISUSE,
                "%s destroys a barrier in which %s is waiting.", il_name(il_me),
                il_name(waiters[0]));
    return il_returns(step, 0);
}

static bool round_over(const struct il_actor *actor)
{
    return actor->object->barrier.round != (unsigned)actor->detail[ROUND];
}

int il_pthread_barrier_wait(pthread_barrier_t *);
int il_pthread_barrier_wait(pthread_barrier_t *barrier)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active())
        return pthread_barrier_wait(barrier);
    step = il_call("pthread_barrier_wait", barrier, IL_PC);
    o = il_object(IL_BARRIER, barrier);
    if (!o->barrier.count)
        il_fail(INTERLEAVE_MISUSE,
                "%s waits in a barrier for which pthread_barrier_init was "
                "never called.",
                il_name(il_me));
    if (!o->barrier.shared && il_place(barrier))
        il_one_process_only(o, "pthread_barrier_wait", "barrier",
                            "pthread_barrierattr_setpshared with "
                            "PTHREAD_PROCESS_SHARED is missing");
    il_release(o);
    if (++o->barrier.arrived == o->barrier.count) {
        o->barrier.arrived = 0;
        o->barrier.round++;
        il_acquire(o);
        il_changed();
        return il_returns(step, PTHREAD_BARRIER_SERIAL_THREAD);
    }
    il_actor_self()->detail[ROUND] = o->barrier.round;
    il_wait_for(o, round_over, IL_FOR_EVER, false, "pthread_barrier_wait",
                IL_PC);
    il_acquire(o);
    return il_returns(step, 0);
}

/* -------------------------------------------------------------- sentences */

static void tell_holder(int waiter, int owner, uintptr_t pc, char *buf,
                        size_t cap)
{
    static const char *const did[] = {
        [IL_WAITING] = ", which itself waits",
        [IL_DONE] = ", which has returned and never unlocked it",
        [IL_DEAD] = ", which was killed: such a lock is never given back",
    };
    enum il_state state = il->actor[owner].state;

    if (owner == waiter)
        snprintf(buf, cap, "it holds itself (locked%s)", il_at(pc).text);
    else
        snprintf(buf, cap, "%s holds (locked%s)%s", il_name(owner),
                 il_at(pc).text,
                 state < sizeof(did) / sizeof(did[0]) && did[state] ? did[state]
                                                                    : "");
}

bool il_rwlocks_tell(const struct il_actor *actor, char *buf, size_t cap)
{
    const struct il_object *o = actor->object;
    int n = (int)(actor - il->actor), owner;
    char who[200] = "others wait for to write";

    if (o && o->kind == IL_BARRIER) {
        snprintf(buf, cap,
                 "%s waits in pthread_barrier_wait%s: %u of %u have come, and "
                 "nobody else will.",
                 il_name(n), il_at(actor->wait_pc).text, o->barrier.arrived,
                 o->barrier.count);
        return true;
    }
    if (!o || (o->kind != IL_RWLOCK && o->kind != IL_SPIN))
        return false;
    owner = o->kind == IL_SPIN ? o->spin.owner : holder(o, n);
    if (!owner && o->kind == IL_RWLOCK)
        owner = holder(o, -1);
    if (owner)
        tell_holder(n, owner - 1,
                    o->kind == IL_SPIN ? o->spin.locked_at
                                       : o->rwlock.locked_at[owner - 1],
                    who, sizeof(who));
    snprintf(buf, cap, "%s waits in %s%s for a lock that %s.", il_name(n),
             actor->wait_call, il_at(actor->wait_pc).text, who);
    return true;
}
