/*
 * sems.c — semaphores. Those with a name, too: they are opened in earnest,
 * but only the model counts.
 */
#include <fcntl.h>
#include <limits.h>
#include <semaphore.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "models.h"

/* Each process may map the same one elsewhere: its file tells which it is. */
static void tell_place(sem_t *sem, const char *name)
{
    char path[PATH_MAX];
    struct stat st;

    snprintf(path, sizeof(path), "/dev/shm/sem.%s", name + (name[0] == '/'));
    if (stat(path, &st) == 0)
        il_region_add(sem, sizeof(*sem), st.st_dev, st.st_ino, 0);
}

/* ------------------------------------------------------------ what it is */

static struct il_object *look_at(sem_t *sem)
{
    struct il_object *o = il_object(IL_SEM, sem);
    int value = 0;

    if (o->sem.known)
        return o;
    o->sem.known = o->sem.shared = true;
    sem_getvalue(sem, &value);
    o->sem.value = (unsigned)value;
    return o;
}

static struct il_object *semaphore(sem_t *sem, const char *call)
{
    struct il_object *o = look_at(sem);

    if (o->sem.destroyed)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a semaphore that has been destroyed: destroy "
                "it when nobody can come any more.",
                il_name(il_me), call);
    if (!o->sem.shared && il_place(sem))
        il_one_process_only(o, call, "semaphore",
                            "the second argument of sem_init, pshared, is 0");
    return o;
}

static void made(sem_t *sem, bool shared, unsigned value)
{
    struct il_object *o = il_object(IL_SEM, sem);

    memset(&o->sem, 0, sizeof(o->sem));
    o->user = 0;
    o->sem.known = o->sem.made = true;
    o->sem.shared = shared;
    o->sem.value = value;
}

static void nobody_waits(const struct il_object *o, const char *call)
{
    int waiters[IL_ACTORS];

    if (o && il_waiters(o, waiters) > 0)
        il_fail(INTERLEAVE_MISUSE,
                "%s calls %s on a semaphore in which %s is waiting.",
                il_name(il_me), call, il_name(waiters[0]));
}

int il_sem_init(sem_t *, int, unsigned);
int il_sem_init(sem_t *sem, int shared, unsigned value)
{
    struct interleave_step *step = NULL;
    int r;

    if (il_active()) {
        step = il_call("sem_init", sem, IL_PC);
        nobody_waits(il_object_known(IL_SEM, sem), "sem_init");
    }
    r = sem_init(sem, shared, value);
    if (il && r == 0)
        made(sem, shared, value);
    return step ? il_returns_errno(step, r < 0 ? errno : 0) : r;
}

int il_sem_destroy(sem_t *);
int il_sem_destroy(sem_t *sem)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active()) {
        if (il)
            look_at(sem)->sem.destroyed = true;
        return sem_destroy(sem);
    }
    step = il_call("sem_destroy", sem, IL_PC);
    o = look_at(sem);
    nobody_waits(o, "sem_destroy");
    o->sem.destroyed = true;
    return il_returns_errno(step, 0);
}

sem_t *il_sem_open(const char *, int, ...);
sem_t *il_sem_open(const char *name, int flags, ...)
{
    struct interleave_step *step = NULL;
    mode_t mode = 0;
    unsigned value = 0;
    sem_t *sem;
    int now;

    if (flags & O_CREAT) {
        va_list ap;

        va_start(ap, flags);
        mode = va_arg(ap, mode_t);
        value = va_arg(ap, unsigned);
        va_end(ap);
    }
    if (il_active()) {
        il_needs_real_processes();
        step = il_call("sem_open", NULL, IL_PC);
    }
    sem = sem_open(name, flags, mode, value);
    if (il && sem != SEM_FAILED) {
        tell_place(sem, name);
        sem_getvalue(sem, &now);
        if (flags & O_EXCL || !il_object(IL_SEM, sem)->sem.known)
            made(sem, true, (unsigned)now);
    }
    if (step)
        il_returns_errno(step, sem == SEM_FAILED ? errno : 0);
    return sem;
}

int il_sem_close(sem_t *);
int il_sem_close(sem_t *sem)
{
    if (il_active())
        il_call("sem_close", sem, IL_PC);
    return sem_close(sem);
}

int il_sem_unlink(const char *);
int il_sem_unlink(const char *name)
{
    if (il_active()) {
        il_needs_real_processes();
        il_call("sem_unlink", NULL, IL_PC);
    }
    return sem_unlink(name);
}

/* --------------------------------------------------------- wait and post */

static bool is_above_zero(const struct il_actor *actor)
{
    return actor->object->sem.value > 0;
}

static int wait(struct il_object *o, int64_t deadline, const char *call,
                uintptr_t pc)
{
    while (o->sem.value == 0)
        if (deadline <= il->time ||
            il_wait_for(o, is_above_zero, deadline, false, call, pc) ==
                IL_TIMED_OUT)
            return ETIMEDOUT;
    o->sem.value--;
    o->sem.taker = 1 + il_me;
    o->sem.taken_at = pc;
    il_acquire(o);
    return 0;
}

/* In setup the real call was made, and the model follows. */
static int follow(sem_t *sem, int result, int change)
{
    bool known = il && il_object(IL_SEM, sem)->sem.known;

    if (known && result == 0)
        il_object(IL_SEM, sem)->sem.value += (unsigned)change;
    return result;
}

int il_sem_wait(sem_t *);
int il_sem_wait(sem_t *sem)
{
    struct interleave_step *step;

    if (!il_active())
        return follow(sem, sem_wait(sem), -1);
    step = il_call("sem_wait", sem, IL_PC);
    return il_returns_errno(
        step, wait(semaphore(sem, "sem_wait"), IL_FOR_EVER, "sem_wait", IL_PC));
}

int il_sem_trywait(sem_t *);
int il_sem_trywait(sem_t *sem)
{
    struct interleave_step *step;
    int error;

    if (!il_active())
        return follow(sem, sem_trywait(sem), -1);
    step = il_call("sem_trywait", sem, IL_PC);
    error = wait(semaphore(sem, "sem_trywait"), INT64_MIN, "", IL_PC);
    return il_returns_errno(step, error ? EAGAIN : 0);
}

static int timed_wait(sem_t *sem, clockid_t clock, const struct timespec *until,
                      const char *call, uintptr_t pc)
{
    struct interleave_step *step = il_call(call, sem, pc);
    struct il_object *o = semaphore(sem, call);

    if (!il_is_waiting_clock(clock) || !il_is_time(until))
        return il_returns_errno(step, EINVAL);
    return il_returns_errno(step, wait(o, il_moment(clock, until), call, pc));
}

int il_sem_timedwait(sem_t *, const struct timespec *);
int il_sem_timedwait(sem_t *sem, const struct timespec *until)
{
    if (!il_active())
        return follow(sem, sem_timedwait(sem, until), -1);
    return timed_wait(sem, CLOCK_REALTIME, until, "sem_timedwait", IL_PC);
}

int il_sem_clockwait(sem_t *, clockid_t, const struct timespec *);
int il_sem_clockwait(sem_t *sem, clockid_t clock, const struct timespec *until)
{
    if (!il_active())
        return follow(sem, sem_clockwait(sem, clock, until), -1);
    return timed_wait(sem, clock, until, "sem_clockwait", IL_PC);
}

int il_sem_post(sem_t *);
int il_sem_post(sem_t *sem)
{
    struct interleave_step *step;
    struct il_object *o;

    if (!il_active())
        return follow(sem, sem_post(sem), 1);
    step = il_call("sem_post", sem, IL_PC);
    o = semaphore(sem, "sem_post");
    if (o->sem.value == SEM_VALUE_MAX)
        return il_returns_errno(step, EOVERFLOW);
    il_release(o);
    o->sem.value++;
    il_changed();
    return il_returns_errno(step, 0);
}

int il_sem_getvalue(sem_t *, int *);
int il_sem_getvalue(sem_t *sem, int *value)
{
    struct interleave_step *step;

    if (!il_active())
        return sem_getvalue(sem, value);
    step = il_call("sem_getvalue", sem, IL_PC);
    *value = (int)semaphore(sem, "sem_getvalue")->sem.value;
    step->value = (uint64_t)*value;
    return il_returns(step, 0);
}

/* -------------------------------------------------------------- sentences */

bool il_sems_tell(const struct il_actor *actor, char *buf, size_t cap)
{
    const struct il_object *o = actor->object;
    int n = (int)(actor - il->actor);
    char last[160] = "nobody has taken from it: it was never posted";

    if (!o || o->kind != IL_SEM)
        return false;
    if (o->sem.taker)
        snprintf(last, sizeof(last), "the last one to take from it was %s%s",
                 il_name(o->sem.taker - 1), il_at(o->sem.taken_at).text);
    snprintf(buf, cap,
             "%s waits in %s%s: the semaphore is 0, and nobody is left to "
             "post it (%s).",
             il_name(n), actor->wait_call, il_at(actor->wait_pc).text, last);
    return true;
}
