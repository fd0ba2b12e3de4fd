/*
 * explain_locked.c — rules about locks, conditions and semaphores.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "explain.h"
#include "explain_history.h"
#include "explain_parts.h"
#include "explain_rules.h"

static int processes(const struct scene *s)
{
    int count = 0;
    for (size_t i = 0; i < s->actors; i++)
        count += s->actor[i].task->pid == s->actor[i].task->tid;
    return count;
}

bool private_lock(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    if (a->kind != CALL_FUTEX || processes(s) < 2)
        return false;
    struct lock lock = lock_of(s, a);
    bool is_semaphore = strcmp(lock.what, "semaphore") == 0;
    if (!lock.process_private || !lock.placed || !lock.shared)
        return false;
    fprintf(say,
            "%s waits for a %s that is process-private although it lies in "
            "shared memory, so no other process can wake it",
            the(a, name, sizeof(name)), lock.what);
    return conclude(
        say, s, a,
        is_semaphore ? "Call sem_init with pshared = 1."
        : strcmp(lock.what, "futex") == 0
            ? "Leave out FUTEX_PRIVATE_FLAG, or set PTHREAD_PROCESS_SHARED "
              "(sem_init: pshared = 1)."
            : "Set PTHREAD_PROCESS_SHARED in its attributes.");
}

bool copied_lock(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    if (a->kind != CALL_FUTEX || processes(s) < 2 || !a->event)
        return false;
    struct lock lock = lock_of(s, a);
    if (!lock.placed || lock.shared || strcmp(lock.what, "futex") == 0)
        return false;
    fprintf(say,
            "%s waits for a %s in its own private memory, where nobody else "
            "can reach it",
            the(a, name, sizeof(name)), lock.what);
    return conclude(say, s, a,
                    "After fork every process has a copy of its own: put it "
                    "in memory mapped MAP_SHARED and make it process-shared "
                    "(pshared = 1, PTHREAD_PROCESS_SHARED).");
}

/* ", which was killed by SIGKILL while it held it (queue.c:30)" … */
static void put_end(FILE *say, const struct scene *s, const struct actor *a,
                    pid_t owner)
{
    char role[64] = "a process", where[160] = "";
    const struct page_event *end = end_of(s, owner), *locked = NULL;
    unsigned long mutex = a->event ? mutex_in(a->event) : 0;

    if (s->page)
        page_role(s->page, owner, role, sizeof(role));
    while (mutex && (locked = history(s, locked, mutex, locking)))
        if (locked->pid == owner && !locked->error) {
            snprintf(where, sizeof(where), " (locked at %s)",
                     source_line(s->binary, locked->pc));
            break;
        }
    if (end && WIFSIGNALED(end->status))
        fprintf(say, "%s was killed by %s while it held it%s", role,
                name_signal(WTERMSIG(end->status)), where);
    else
        fprintf(say, "%s ended without unlocking it%s", role, where);
}

bool lock_of_the_dead(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    if (a->kind != CALL_FUTEX)
        return false;
    struct lock lock = lock_of(s, a);
    if (!lock.owner_gone)
        return false;
    fprintf(say, "%s waits for a %s whose owner is gone: ",
            the(a, name, sizeof(name)), lock.what);
    put_end(say, s, a, lock.owner);
    if (strcmp(lock.what, "mutex") == 0)
        fputs(". Unlock on every path, and make it robust "
              "(pthread_mutexattr_setrobust) so that the next one gets "
              "EOWNERDEAD.",
              say);
    else
        fputs(". Unlock on every path; only a mutex can be made robust.", say);
    return true;
}

/* EOWNERDEAD looks like a failure, but the lock is held. */
bool lock_of_an_heir(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], who[160];
    struct lock lock;
    if (a->kind != CALL_FUTEX || !a->event ||
        (lock = lock_of(s, a)).owner <= 0 || lock.owner_gone)
        return false;
    const struct page_event *e = NULL;
    do
        e = history(s, e, mutex_in(a->event), locking);
    while (e && e->tid != lock.owner);
    if (!e || e->error != EOWNERDEAD)
        return false;
    fprintf(say,
            "%s waits for a mutex that %s got with EOWNERDEAD and has not "
            "unlocked. EOWNERDEAD is no failure: the mutex is locked. Mend "
            "what it protects, call pthread_mutex_consistent, and unlock it.",
            the(a, name, sizeof(name)), by(s, e, who, sizeof(who)));
    return true;
}

bool lock_of_its_own(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    if (a->kind != CALL_FUTEX || lock_of(s, a).owner != a->task->tid)
        return false;
    fprintf(say,
            "%s locks a %s that it holds already, and so waits for "
            "itself. Unlock it first, or lock it only once.",
            the(a, name, sizeof(name)), lock_of(s, a).what);
    return true;
}

bool lock_held(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], what[160];
    struct lock lock;
    if (a->kind != CALL_FUTEX || (lock = lock_of(s, a)).owner <= 0)
        return false;
    for (size_t i = 0; i < s->actors; i++) {
        const struct actor *b = &s->actor[i];
        if (b->task->tid != lock.owner)
            continue;
        fprintf(say,
                "%s waits for a %s that %s holds while it %s. Unlock it "
                "before waiting, and take several locks in the same order "
                "everywhere.",
                the(a, name, sizeof(name)), lock.what,
                the(b, other, sizeof(other)), doing(s, b, what, sizeof(what)));
        return true;
    }
    return false;
}

/* A futex of which nothing is known: pthread_join, a lock of its own make. */
bool nobody_wakes(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    if (a->kind != CALL_FUTEX)
        return false;
    fprintf(say,
            "%s waits for a lock, condition or semaphore that nobody is left "
            "to release",
            the(a, name, sizeof(name)));
    return conclude(say, s, a, "");
}

bool file_lock(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80], file[96], what[160];
    if (a->kind != CALL_FLOCK && a->kind != CALL_FCNTL)
        return false;
    pid_t pid = file_lock_holder(a);
    const struct actor *b = pid > 0 ? scene_actor(s, pid) : NULL;
    fprintf(say, "%s waits for the lock on %s, which ",
            the(a, name, sizeof(name)),
            end_name(s, a->end, file, sizeof(file)));
    if (b == a) {
        fputs("it took itself through another descriptor", say);
        return conclude(say, s, a, "A second open is a second owner.");
    }
    if (b && !b->dead) {
        fprintf(say, "%s holds while it %s. Release the lock before waiting.",
                the(b, other, sizeof(other)), doing(s, b, what, sizeof(what)));
        return true;
    }
    fputs("nobody releases", say);
    return conclude(say, s, a,
                    "A lock lasts as long as a copy of its descriptor is "
                    "open somewhere.");
}
