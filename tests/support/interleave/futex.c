/*
 * futex.c — syscall(), of which futexes are modelled.
 *
 * A futex orders nothing in the memory model: who comes back from a wait
 * still has to load the word, and that load has to acquire.
 */
#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <stdarg.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "models.h"

/* What a waiter keeps in detail[]. */
enum { WORD, EXPECTED, IS_PRIVATE, BITS };

struct request {
    int *word;
    int operation; /* without its flags */
    bool is_private, wall_clock;
    unsigned value, value2, value3;
    const struct timespec *timeout;
    int *word2;
    uintptr_t pc;
};

static const char *name_of(int operation)
{
    switch (operation) {
    case FUTEX_WAIT:
    case FUTEX_WAIT_BITSET:
        return "FUTEX_WAIT";
    case FUTEX_WAKE:
    case FUTEX_WAKE_BITSET:
        return "FUTEX_WAKE";
    default:
        return "FUTEX_REQUEUE";
    }
}

static unsigned word_now(const int *word)
{
    return (unsigned)__atomic_load_n(word, __ATOMIC_SEQ_CST);
}

/* ------------------------------------------------------------------- wait */

static bool is_woken(const struct il_actor *actor)
{
    return actor->woken;
}

static int64_t deadline_of(const struct request *q)
{
    const struct timespec *t = q->timeout;

    if (!t)
        return IL_FOR_EVER;
    if (q->operation == FUTEX_WAIT_BITSET)
        return il_moment(q->wall_clock ? CLOCK_REALTIME : CLOCK_MONOTONIC, t);
    return il_after(t);
}

static int wait(const struct request *q, unsigned bits)
{
    struct il_object *o = il_object(IL_FUTEX, q->word);
    struct il_actor *self = il_actor_self();
    int64_t deadline;
    enum il_woke how;

    if (!bits ||
        (q->timeout && (!il_is_time(q->timeout) || q->timeout->tv_sec < 0)))
        return EINVAL;
    if (word_now(q->word) != q->value)
        return EAGAIN;
    deadline = deadline_of(q);
    if (deadline <= il->time)
        return ETIMEDOUT;
    self->detail[WORD] = (long)q->word;
    self->detail[EXPECTED] = (long)q->value;
    self->detail[IS_PRIVATE] = q->is_private;
    self->detail[BITS] = (long)bits;
    how = il_wait_for(o, is_woken, deadline, true, "FUTEX_WAIT", q->pc);
    return how == IL_TIMED_OUT && !self->woken ? ETIMEDOUT : 0;
}

/* ------------------------------------------------------------------- wake */

static void wake(int actor)
{
    il->actor[actor].woken = true;
    il->actor[actor].timed = il->actor[actor].can_spurious = false;
}

/*
 * Those that this call can find, in the order they came. The kernel looks for
 * a private futex in the caller's own process only, where nobody else is.
 */
static int find(const struct il_object *o, const struct request *q,
                unsigned bits, int found[IL_ACTORS])
{
    int waiters[IL_ACTORS];
    int n = il_waiters(o, waiters), k = 0;

    for (int i = 0; i < n && !q->is_private; i++) {
        const struct il_actor *a = &il->actor[waiters[i]];

        if (!a->detail[IS_PRIVATE] && ((unsigned)a->detail[BITS] & bits))
            found[k++] = waiters[i];
    }
    return k;
}

/* Takes one out, any of them if not all are meant. */
static int take_one(int *found, int *n, bool all)
{
    int at = all || *n < 2 ? 0 : il_choose(*n), actor = found[at];

    memmove(&found[at], &found[at + 1], sizeof(*found) * (size_t)(*n - at - 1));
    --*n;
    return actor;
}

static int wake_some(const struct request *q, unsigned bits, int *found, int *n)
{
    struct il_object *o = il_object(IL_FUTEX, q->word);
    int most = (int)q->value > 0 ? (int)q->value : 1, woken = 0;
    bool all;

    *n = find(o, q, bits, found);
    all = most >= *n;
    o->futex.wakes++;
    o->futex.private_wakes += q->is_private;
    o->futex.woke_by = il_me;
    o->futex.woke_at = q->pc;
    o->futex.woke_when = il->rising;
    for (; *n > 0 && woken < most; woken++)
        wake(take_one(found, n, all));
    if (woken)
        il_changed();
    return woken;
}

static int requeue(const struct request *q, int found[IL_ACTORS], int n)
{
    struct il_object *to = il_object(IL_FUTEX, q->word2);
    int moved = 0;

    for (; moved < n && moved < (int)q->value2; moved++) {
        il->actor[found[moved]].object = to;
        il->actor[found[moved]].detail[WORD] = (long)q->word2;
    }
    return moved;
}

static long futex(const struct request *q, struct interleave_step *step)
{
    int found[IL_ACTORS], n, woken;

    if ((uintptr_t)q->word % sizeof(int))
        return il_returns_errno(step, EINVAL);
    switch (q->operation) {
    case FUTEX_WAIT:
        return il_returns_errno(step, wait(q, FUTEX_BITSET_MATCH_ANY));
    case FUTEX_WAIT_BITSET:
        return il_returns_errno(step, wait(q, q->value3));
    case FUTEX_WAKE_BITSET:
        if (!q->value3)
            return il_returns_errno(step, EINVAL);
        return step->result = wake_some(q, q->value3, found, &n);
    case FUTEX_WAKE:
        return step->result = wake_some(q, FUTEX_BITSET_MATCH_ANY, found, &n);
    case FUTEX_CMP_REQUEUE:
        if (word_now(q->word) != q->value3)
            return il_returns_errno(step, EAGAIN);
        /* fall through */
    case FUTEX_REQUEUE:
        woken = wake_some(q, FUTEX_BITSET_MATCH_ANY, found, &n);
        return step->result = woken + requeue(q, found, n);
    default:
        return il_returns_errno(step, ENOSYS);
    }
}

static long call_futex(const long arg[6], uintptr_t pc)
{
    int operation = (int)arg[1];
    struct request q = {
        .word = (int *)arg[0],
        .operation = operation & FUTEX_CMD_MASK,
        .is_private = operation & FUTEX_PRIVATE_FLAG,
        .wall_clock = operation & FUTEX_CLOCK_REALTIME,
        .value = (unsigned)arg[2],
        .value2 = (unsigned)arg[3],
        .value3 = (unsigned)arg[5],
        .word2 = (int *)arg[4],
        .pc = pc,
    };

    if (q.operation == FUTEX_WAIT || q.operation == FUTEX_WAIT_BITSET)
        q.timeout = (const struct timespec *)arg[3];
    return futex(&q, il_call(name_of(q.operation), q.word, pc));
}

/* ---------------------------------------------------------- and the others */

int il_sched_yield(void);

/* Operations do not have threads: a barrier for those of one process reaches
 * nobody. */
static long barrier(unsigned command, uintptr_t pc)
{
    struct il_actor *me = il_actor_self();

    switch (command) {
    case MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED:
    case MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED:
        me->registered |= command;
        return 0;
    case MEMBARRIER_CMD_GLOBAL:
        il_drain_all(0, pc);
        return 0;
    case MEMBARRIER_CMD_GLOBAL_EXPEDITED:
        il_drain_all(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED, pc);
        return 0;
    case MEMBARRIER_CMD_PRIVATE_EXPEDITED:
        if (!(me->registered & MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED)) {
            errno = EPERM;
            return -1;
        }
        il_drain_all(command, pc);
        return 0;
    default:
        return syscall(SYS_membarrier, command, 0, 0);
    }
}

/* In setup the kernel is asked as well: it may not have the call. */
static long call_membarrier(const long arg[], uintptr_t pc)
{
    if (il_active())
        il_call("membarrier", NULL, pc);
    else if (syscall(SYS_membarrier, arg[0], arg[1], arg[2]) == -1)
        return -1;
    return barrier((unsigned)arg[0], pc);
}

static bool is_harmless(long number)
{
    return number == SYS_gettid || number == SYS_getpid ||
           number == SYS_getppid || number == SYS_getcpu ||
           number == SYS_getuid;
}

long il_syscall(long, ...);
long il_syscall(long number, ...)
{
    long arg[6];
    va_list ap;

    va_start(ap, number);
    for (int i = 0; i < 6; i++)
        arg[i] = va_arg(ap, long);
    va_end(ap);
    if (il_active() && number == SYS_futex)
        return call_futex(arg, IL_PC);
    if (il && number == SYS_membarrier)
        return call_membarrier(arg, IL_PC);
    if (il_active() && number == SYS_sched_yield)
        return il_sched_yield();
#ifdef SYS_futex_waitv
    if (il_active() && number == SYS_futex_waitv) {
        errno = ENOSYS;
        return -1;
    }
#endif
    if (il_active() && !is_harmless(number)) {
        il_needs_real_processes();
        il_call("syscall", NULL, IL_PC);
    }
    return syscall(number, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

/* -------------------------------------------------------------- sentences */

/* The word itself, if this process can see it. */
static bool has_changed(const struct il_actor *actor)
{
    const int *word = (const int *)actor->detail[WORD];

    return il_place(word) && il_place(word) == actor->object->place &&
           word_now(word) != (unsigned)actor->detail[EXPECTED];
}

static void tell_why(const struct il_actor *actor, char *buf, size_t cap)
{
    const struct il_object *o = actor->object;
    struct il_at at = il_at(o->futex.woke_at);

    if (actor->detail[IS_PRIVATE])
        snprintf(buf, cap,
                 "With FUTEX_PRIVATE_FLAG only its own process could wake it.");
    else if (o->futex.wakes && o->futex.wakes == o->futex.private_wakes)
        snprintf(buf, cap,
                 "%s wakes with FUTEX_PRIVATE_FLAG%s, and finds nobody: that "
                 "looks in its own process only.",
                 il_name(o->futex.woke_by), at.text);
    else if (has_changed(actor))
        snprintf(buf, cap,
                 "The word is not %ld any more: whoever changed it did not "
                 "wake it afterwards%s.",
                 actor->detail[EXPECTED],
                 o->futex.wakes ? ", or woke another one" : "");
    else if (o->futex.wakes && o->futex.woke_when >= actor->queued)
        snprintf(buf, cap,
                 "The last FUTEX_WAKE, by %s%s, woke another one instead: how "
                 "many does it have to wake?",
                 il_name(o->futex.woke_by), at.text);
    else if (o->futex.wakes)
        snprintf(
            buf, cap,
            "The last FUTEX_WAKE, by %s%s, did not find it asleep, and "
            "nobody remembers it. Change the word before the wake, and read "
            "it before the last look at what is awaited: then FUTEX_WAIT "
            "sees that something has come since.",
            il_name(o->futex.woke_by), at.text);
    else
        snprintf(buf, cap,
                 "Nobody has called FUTEX_WAKE for it, and the word is still "
                 "%ld.",
                 actor->detail[EXPECTED]);
}

bool il_futex_tell(const struct il_actor *actor, char *buf, size_t cap)
{
    char why[300];
    int n = (int)(actor - il->actor);

    if (!actor->object || actor->object->kind != IL_FUTEX)
        return false;
    tell_why(actor, why, sizeof(why));
    snprintf(buf, cap, "%s waits in FUTEX_WAIT%s. %s", il_name(n),
             il_at(actor->wait_pc).text, why);
    return true;
}
