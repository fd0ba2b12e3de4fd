/*
 * interleave_models_test.c — the models of locks and semaphores against the
 * real ones of glibc.
 *
 * Seeded sequences of calls are made twice: by real processes, on real
 * memory, and by the model's actors. Each must return the same. Who dies,
 * really dies there. What would sleep or is undefined is left out.
 */
#include "interleave/core.h"
#include "interleave/models.h"
#include "unit.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <semaphore.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define MODEL(name) extern __typeof__(name) il_##name
MODEL(pthread_mutex_init);
MODEL(pthread_mutex_destroy);
MODEL(pthread_mutex_lock);
MODEL(pthread_mutex_trylock);
MODEL(pthread_mutex_timedlock);
MODEL(pthread_mutex_clocklock);
MODEL(pthread_mutex_unlock);
MODEL(pthread_mutex_consistent);
MODEL(pthread_rwlock_init);
MODEL(pthread_rwlock_rdlock);
MODEL(pthread_rwlock_wrlock);
MODEL(pthread_rwlock_tryrdlock);
MODEL(pthread_rwlock_trywrlock);
MODEL(pthread_rwlock_timedrdlock);
MODEL(pthread_rwlock_clockwrlock);
MODEL(pthread_rwlock_unlock);
MODEL(sem_init);
MODEL(sem_wait);
MODEL(sem_trywait);
MODEL(sem_timedwait);
MODEL(sem_clockwait);
MODEL(sem_post);
MODEL(sem_getvalue);
MODEL(pthread_cond_init);
MODEL(pthread_cond_timedwait);
MODEL(pthread_cond_clockwait);
MODEL(pthread_cond_signal);

/* The same memory is locked in earnest in one copy, and modelled in the
 * other. */
struct things {
    pthread_mutex_t mutex;
    pthread_rwlock_t lock;
    sem_t sem;
    pthread_cond_t cond;
};
static struct things *real, *modelled;

enum call {
    LOCK,
    TRYLOCK,
    TIMED,
    TIMED_BAD,
    CLOCK_BAD,
    UNLOCK,
    CONSISTENT,
    DESTROY,
    COND_TIMED,
    COND_BAD,
    MUTEX_CALLS,
    RDLOCK = MUTEX_CALLS,
    WRLOCK,
    TRYRDLOCK,
    TRYWRLOCK,
    RD_TIMED,
    WR_CLOCK_BAD,
    RW_UNLOCK,
    RWLOCK_CALLS,
    SEM_WAIT = RWLOCK_CALLS,
    SEM_TRYWAIT,
    SEM_POST,
    SEM_VALUE,
    SEM_TIMED,
    SEM_BAD,
    SEM_CLOCK_BAD,
    SEM_CALLS,
};
static const char *const named[] = {
    "lock",
    "trylock",
    "timedlock",
    "timedlock, no time",
    "clocklock, no clock",
    "unlock",
    "consistent",
    "destroy",
    "cond_timedwait",
    "cond_timedwait, no time",
    "rdlock",
    "wrlock",
    "tryrdlock",
    "trywrlock",
    "timedrdlock",
    "clockwrlock, no clock",
    "rwlock_unlock",
    "sem_wait",
    "sem_trywait",
    "sem_post",
    "sem_getvalue",
    "sem_timedwait",
    "sem_timedwait, no time",
    "sem_clockwait, no clock",
};

static const struct timespec past = {1, 0}, no_time = {1, -1};

static int sem_result(int r, int value)
{
    return r == -1 ? -errno : value;
}

/* The same calls twice: with prefix il_, and without. */
#define EACH_CALL(name, prefix)                                                \
    static int name(struct things *t, enum call call)                          \
    {                                                                          \
        int value = 0, r;                                                      \
                                                                               \
        switch (call) {                                                        \
        case LOCK:                                                             \
            return prefix##pthread_mutex_lock(&t->mutex);                      \
        case TRYLOCK:                                                          \
            return prefix##pthread_mutex_trylock(&t->mutex);                   \
        case TIMED:                                                            \
            return prefix##pthread_mutex_timedlock(&t->mutex, &past);          \
        case TIMED_BAD:                                                        \
            return prefix##pthread_mutex_timedlock(&t->mutex, &no_time);       \
        case CLOCK_BAD:                                                        \
            return prefix##pthread_mutex_clocklock(                            \
                &t->mutex, CLOCK_PROCESS_CPUTIME_ID, &past);                   \
        case UNLOCK:                                                           \
            return prefix##pthread_mutex_unlock(&t->mutex);                    \
        case CONSISTENT:                                                       \
            return prefix##pthread_mutex_consistent(&t->mutex);                \
        case DESTROY:                                                          \
            return prefix##pthread_mutex_destroy(&t->mutex);                   \
        case COND_TIMED:                                                       \
            return prefix##pthread_cond_timedwait(&t->cond, &t->mutex, &past); \
        case COND_BAD:                                                         \
            return prefix##pthread_cond_timedwait(&t->cond, &t->mutex,         \
                                                  &no_time);                   \
        case RDLOCK:                                                           \
            return prefix##pthread_rwlock_rdlock(&t->lock);                    \
        case WRLOCK:                                                           \
            return prefix##pthread_rwlock_wrlock(&t->lock);                    \
        case TRYRDLOCK:                                                        \
            return prefix##pthread_rwlock_tryrdlock(&t->lock);                 \
        case TRYWRLOCK:                                                        \
            return prefix##pthread_rwlock_trywrlock(&t->lock);                 \
        case RD_TIMED:                                                         \
            return prefix##pthread_rwlock_timedrdlock(&t->lock, &past);        \
        case WR_CLOCK_BAD:                                                     \
            return prefix##pthread_rwlock_clockwrlock(                         \
                &t->lock, CLOCK_PROCESS_CPUTIME_ID, &past);                    \
        case RW_UNLOCK:                                                        \
            return prefix##pthread_rwlock_unlock(&t->lock);                    \
        case SEM_WAIT:                                                         \
            return sem_result(prefix##sem_wait(&t->sem), 0);                   \
        case SEM_TRYWAIT:                                                      \
            return sem_result(prefix##sem_trywait(&t->sem), 0);                \
        case SEM_POST:                                                         \
            return sem_result(prefix##sem_post(&t->sem), 0);                   \
        case SEM_VALUE:                                                        \
            r = prefix##sem_getvalue(&t->sem, &value);                         \
            return sem_result(r, value);                                       \
        case SEM_TIMED:                                                        \
            return sem_result(prefix##sem_timedwait(&t->sem, &past), 0);       \
        case SEM_BAD:                                                          \
            return sem_result(prefix##sem_timedwait(&t->sem, &no_time), 0);    \
        case SEM_CLOCK_BAD:                                                    \
            return sem_result(prefix##sem_clockwait(                           \
                                  &t->sem, CLOCK_PROCESS_CPUTIME_ID, &past),   \
                              0);                                              \
        default:                                                               \
            abort();                                                           \
        }                                                                      \
    }
EACH_CALL(in_earnest, )
EACH_CALL(in_the_model, il_)

/* ----------------------------------------------------- the real processes */

static struct {
    pid_t pid;
    int line;
} process[IL_ACTORS];

static void start(int actor)
{
    int ends[2], r;
    unsigned char call;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        abort();
    process[actor].pid = fact_fork();
    process[actor].line = ends[0];
    if (process[actor].pid == 0) {
        close(ends[0]);
        while (read(ends[1], &call, 1) == 1) {
            r = in_earnest(real, call);
            if (write(ends[1], &r, sizeof(r)) != sizeof(r))
                break;
        }
        _exit(0);
    }
    close(ends[1]);
}

static void stop(int actor)
{
    kill(process[actor].pid, SIGKILL);
    while (waitpid(process[actor].pid, NULL, 0) < 0)
        continue;
    close(process[actor].line);
    process[actor].pid = 0;
}

static int ask(int actor, unsigned char call)
{
    int r = -1;

    if (write(process[actor].line, &call, 1) != 1 ||
        poll(&(struct pollfd){process[actor].line, POLLIN, 0}, 1, 60000) != 1 ||
        read(process[actor].line, &r, sizeof(r)) != sizeof(r))
        abort();
    return r;
}

/* ------------------------------------------------------ the model's actors
 * All in this process. Only one of them can go on at any time, so that the
 * scheduler never gives the turn away.
 */

static void as(int actor)
{
    for (int i = 0; i < IL_ACTORS; i++)
        il->actor[i].state = IL_DONE;
    il_me = actor;
    il->actor[actor].state = IL_GOING;
    il_forget_turns();
    core->steps = core->choices = core->trace.steps = 0;
}

static void new_world(void)
{
    static const struct interleave plan = {
        .op = {{"a", NULL}, {"b", NULL}, {"c", NULL}, {"d", NULL}}};

    if (!core)
        core = mmap(NULL, sizeof(*core), PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (core == MAP_FAILED)
        abort();
    il = &core->world;
    memset(il, 0, sizeof(*il));
    core->plan = &plan;
    il->actors = IL_ACTORS;
    il->exploring = true;
    core->files = 0;
    il_regions_forget();
    il_region_add(modelled, sizeof(*modelled), 0, 0, 0);
    as(1);
}

/* ---------------------------------------------------------------- a voyage */

/* After pthread_mutex_destroy: as a plain one. */
static void make_mutex_again(void)
{
    pthread_mutexattr_t attr;

    pthread_mutexattr_init(&attr);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&real->mutex, &attr);
    il_pthread_mutex_init(&modelled->mutex, &attr);
}

static unsigned dice(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 16) % n;
}

static bool held_by_other(const struct il_object *o)
{
    return o->mutex.owner && o->mutex.owner != 1 + il_me;
}

/* Would it sleep for ever, or is it not said what it does? */
static bool left_out(enum call call)
{
    const struct il_object *m = il_object(IL_MUTEX, &modelled->mutex);
    const struct il_object *rw = il_object(IL_RWLOCK, &modelled->lock);
    const struct il_object *s = il_object(IL_SEM, &modelled->sem);
    bool mine = m->mutex.owner == 1 + il_me, readers = false;
    bool strict = m->mutex.robust || m->mutex.type == PTHREAD_MUTEX_RECURSIVE ||
                  m->mutex.type == PTHREAD_MUTEX_ERRORCHECK;

    for (int i = 0; i < IL_ACTORS; i++)
        readers |= rw->rwlock.readers[i] > 0;
    switch (call) {
    case TRYLOCK: /* glibc 2.36 leaves it locked: its word, not its owner */
        return m->mutex.unrecoverable;
    case LOCK:
        return held_by_other(m) ||
               (mine && m->mutex.type == PTHREAD_MUTEX_NORMAL);
    case UNLOCK:
        return !mine && !strict;
    case CONSISTENT:
        return m->mutex.robust && !mine;
    case DESTROY:
        return m->mutex.robust || m->mutex.type == PTHREAD_MUTEX_RECURSIVE;
    case COND_TIMED:
    case COND_BAD:
        return !mine || m->mutex.depth > 1;
    case RDLOCK:
        return rw->rwlock.writer && rw->rwlock.writer != 1 + il_me;
    case WRLOCK:
        return readers || (rw->rwlock.writer && rw->rwlock.writer != 1 + il_me);
    case RW_UNLOCK:
        return rw->rwlock.writer != 1 + il_me && !rw->rwlock.readers[il_me];
    case SEM_WAIT:
        return s->sem.value == 0;
    default:
        return false;
    }
}

static struct {
    const char *kind;
    unsigned seed;
    int step, actor;
    enum call call;
} now;

static void refused(void)
{
    CHECK(false, "%s, seed %u, step %d, process %d: %s: %s", now.kind, now.seed,
          now.step, now.actor, named[now.call], il->sentence);
}

/* What the model says, also if it says that this must not be. */
static int ask_model(void)
{
    as(now.actor);
    if (setjmp(il_home) != 0)
        refused();
    return in_the_model(modelled, now.call);
}

static void compare(void)
{
    int want = ask(now.actor, now.call), got = ask_model();

    CHECK(got == want,
          "%s, seed %u, step %d, process %d: %s is %d of glibc (%s), %d of "
          "the model",
          now.kind, now.seed, now.step, now.actor, named[now.call], want,
          strerror(want < 0 ? -want : want), got);
    if (now.call == DESTROY && got == 0)
        make_mutex_again();
}

/* One sequence: some actors, some calls, perhaps some deaths. */
static void sail(const char *kind, unsigned seed, int actors, enum call first,
                 enum call end, bool deaths)
{
    unsigned s = seed;
    int alive = actors;

    for (int i = 1; i <= actors; i++)
        start(i);
    for (int step = 0; step < 40 && alive > 0; step++) {
        int actor = 1 + (int)dice(&s, (unsigned)actors);
        enum call call = first + dice(&s, end - first);

        if (!process[actor].pid)
            continue;
        now.kind = kind;
        now.seed = seed;
        now.step = step;
        now.actor = actor;
        now.call = call;
        as(actor);
        if (deaths && dice(&s, 12) == 0) {
            stop(actor);
            il_locks_of_dead(actor);
            alive--;
        } else if (!left_out(call))
            compare();
    }
    for (int i = 1; i <= actors; i++)
        if (process[i].pid)
            stop(i);
}

static void share_memory(void)
{
    real = fact_shared(sizeof(*real));
    modelled = fact_shared(sizeof(*modelled));
}

static void make_mutex(int type, int robust)
{
    pthread_mutexattr_t attr;
    pthread_condattr_t cond;

    memset(real, 0, sizeof(*real));
    memset(modelled, 0, sizeof(*modelled));
    new_world();
    pthread_mutexattr_init(&attr);
    pthread_mutexattr_settype(&attr, type);
    pthread_mutexattr_setrobust(&attr, robust);
    pthread_mutexattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&real->mutex, &attr);
    il_pthread_mutex_init(&modelled->mutex, &attr);
    pthread_condattr_init(&cond);
    pthread_condattr_setpshared(&cond, PTHREAD_PROCESS_SHARED);
    pthread_cond_init(&real->cond, &cond);
    il_pthread_cond_init(&modelled->cond, &cond);
}

static void every_mutex(int actors, bool deaths, unsigned seeds)
{
    static const struct {
        const char *name;
        int type;
    } kind[] = {{"normal", PTHREAD_MUTEX_NORMAL},
                {"errorcheck", PTHREAD_MUTEX_ERRORCHECK},
                {"recursive", PTHREAD_MUTEX_RECURSIVE}};
    static char name[32];

    share_memory();
    for (unsigned seed = 1; seed <= seeds; seed++)
        for (int k = 0; k < 6; k++) {
            snprintf(name, sizeof(name), "%s%s", kind[k % 3].name,
                     k < 3 ? "" : ", robust");
            make_mutex(kind[k % 3].type,
                       k < 3 ? PTHREAD_MUTEX_STALLED : PTHREAD_MUTEX_ROBUST);
            sail(name, seed, actors, 0, MUTEX_CALLS, deaths);
        }
}

/* ------------------------------------------------------------------- facts */

static void one_process_and_a_mutex(void **state)
{
    (void)state;
    every_mutex(1, false, 15);
}

static void two_processes_and_a_mutex(void **state)
{
    (void)state;
    every_mutex(2, false, 15);
}

static void owners_of_mutexes_die(void **state)
{
    (void)state;
    every_mutex(4, true, 20);
}

static void read_write_locks(void **state)
{
    pthread_rwlockattr_t attr;

    (void)state;
    share_memory();
    pthread_rwlockattr_init(&attr);
    pthread_rwlockattr_setpshared(&attr, PTHREAD_PROCESS_SHARED);
    for (unsigned seed = 1; seed <= 30; seed++) {
        memset(real, 0, sizeof(*real));
        new_world();
        pthread_rwlock_init(&real->lock, &attr);
        il_pthread_rwlock_init(&modelled->lock, &attr);
        sail("rwlock", seed, 3, RDLOCK, RWLOCK_CALLS, false);
    }
}

static void semaphores(void **state)
{
    (void)state;
    share_memory();
    for (unsigned seed = 1; seed <= 30; seed++) {
        unsigned value = seed % 4 ? seed % 4 - 1 : SEM_VALUE_MAX - 1;

        memset(real, 0, sizeof(*real));
        new_world();
        sem_init(&real->sem, 1, value);
        il_sem_init(&modelled->sem, 1, value);
        sail("semaphore", seed, 2, SEM_WAIT, SEM_CALLS, false);
    }
}

/* Not initialised by a call, but by its bytes. */
static void static_initialisers(void **state)
{
    static const pthread_mutex_t kind[] = {
        PTHREAD_MUTEX_INITIALIZER, PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP,
        PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP};

    (void)state;
    share_memory();
    for (int k = 0; k < 3; k++) {
        make_mutex(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
        new_world();
        real->mutex = modelled->mutex = kind[k];
        il_pthread_mutex_lock(&modelled->mutex);
        CHECK(il_object(IL_MUTEX, &modelled->mutex)->mutex.type == k * 2 % 3,
              "its type is in its bytes");
        il_pthread_mutex_unlock(&modelled->mutex);
        sail("static", 1, 1, 0, COND_TIMED, false);
    }
}

static const struct CMUnitTest facts[] = {
    FACT(one_process_and_a_mutex),
    FACT(two_processes_and_a_mutex),
    FACT(owners_of_mutexes_die),
    FACT(read_write_locks),
    FACT(semaphores),
    FACT(static_initialisers),
};
EXERCISE("support/interleave_models", "tests/support/interleave/README.md",
         facts)
