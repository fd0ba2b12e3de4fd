/*
 * explain_waits.c — rules about those who wait to be woken: semaphores,
 * conditions, barriers and bare futexes, by what the logbook remembers.
 */
#include <linux/futex.h>
#include <string.h>
#include <sys/syscall.h>

#include "explain_history.h"
#include "explain_parts.h"
#include "explain_rules.h"
#include "proc.h"

static bool is(const struct scene *s, const struct actor *a, const char *what)
{
    return a->kind == CALL_FUTEX && strcmp(lock_of(s, a).what, what) == 0;
}

/* The semaphore or condition, as the learner's call names it. */
static unsigned long thing(const struct actor *a)
{
    return a->event ? (unsigned long)a->event->arg[0] : 0;
}

static bool has_posted(const struct scene *s, pid_t pid, unsigned long sem)
{
    for (const struct page_event *e = NULL;
         (e = history(s, e, sem, posting)) != NULL;)
        if (e->pid == pid)
            return true;
    return false;
}

/* Each waits for what the other has posted before. */
bool semaphores_crossed(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], other[80];

    if (!is(s, a, "semaphore"))
        return false;
    for (size_t i = 0; i < s->actors; i++) {
        const struct actor *b = &s->actor[i];
        if (b->task->pid == a->task->pid || !is(s, b, "semaphore") ||
            thing(a) == thing(b) || !has_posted(s, b->task->pid, thing(a)) ||
            !has_posted(s, a->task->pid, thing(b)))
            continue;
        s->culprit[0] = a;
        s->culprit[1] = b;
        fprintf(say,
                "%s waits for a semaphore that %s posts, which waits for one "
                "that %s posts: neither goes on. Post before you wait, or let "
                "one of the two start above 0.",
                the(a, name, sizeof(name)), the(b, other, sizeof(other)), name);
        return true;
    }
    return false;
}

static bool semaphore(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], how[160] = "";
    unsigned long sem = thing(a);

    if (sem && !forgotten_events(s))
        snprintf(how, sizeof(how), " (posted so far: %d, waits that ended: %d)",
                 times(s, sem, posting), times(s, sem, sem_waiting));
    fprintf(say, "%s waits for a semaphore that nobody posts%s",
            the(a, name, sizeof(name)), how);
    return conclude(say, s, a,
                    "Everybody who could is asleep or has ended: post it on "
                    "every path, once for each wait.");
}

static int waiters(const struct scene *s, const struct actor *a)
{
    int count = 0;

    for (size_t i = 0; i < s->actors; i++)
        count +=
            is(s, &s->actor[i], "condition") && thing(&s->actor[i]) == thing(a);
    return count;
}

static bool condition(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], who[160];
    const struct page_event *e = history(s, NULL, thing(a), signalling);
    int count = waiters(s, a);

    fprintf(say, "%s waits for a condition that nobody is left to signal",
            the(a, name, sizeof(name)));
    if (e && e->ended < a->event->began) {
        fprintf(say,
                ": the last signal, by %s, came before it waited, and is not "
                "kept",
                by(s, e, who, sizeof(who)));
    } else if (e && e->call == SEA_pthread_cond_signal && count > 1) {
        fprintf(say, ", and %s",
                count == 2 ? "so does another" : "so do others");
        return conclude(say, s, a,
                        "pthread_cond_signal wakes one of them, perhaps the "
                        "wrong one: where several may go on, or wait for "
                        "different things, use pthread_cond_broadcast, or a "
                        "condition for each.");
    }
    return conclude(say, s, a,
                    "Look at what it waits for, under the mutex, before "
                    "waiting, and signal after every change.");
}

static bool barrier(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    const struct page_event *e = history(s, NULL, thing(a), barrier_made);
    int here = 0;

    for (size_t i = 0; i < s->actors; i++)
        here +=
            is(s, &s->actor[i], "barrier") && thing(&s->actor[i]) == thing(a);
    fprintf(say, "%s waits at a barrier that not all reach",
            the(a, name, sizeof(name)));
    if (e)
        fprintf(say, ": it was made for %ld, and %d %s there", e->arg[2], here,
                here == 1 ? "is" : "are");
    return conclude(say, s, a,
                    "Its number has to be that of those who come, the parent "
                    "included if it waits, too.");
}

bool nobody_posts(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];

    if (a->kind == CALL_SEMOP) {
        fprintf(say, "%s waits for a semaphore that nobody posts",
                the(a, name, sizeof(name)));
        return conclude(say, s, a,
                        "Everybody who could is asleep or has ended: semop "
                        "with a positive number on every path.");
    }
    if (is(s, a, "semaphore"))
        return semaphore(say, s, a);
    if (is(s, a, "condition"))
        return condition(say, s, a);
    return is(s, a, "barrier") && barrier(say, s, a);
}

/* ---- bare futexes -------------------------------------------------------- */

static bool is_bare(const struct actor *a)
{
    return a->kind == CALL_FUTEX && a->event && a->event->call == SEA_syscall &&
           a->event->arg[0] == SYS_futex;
}

static bool is_wake(const struct page_event *e)
{
    int command = (int)e->arg[2] & FUTEX_CMD_MASK;

    return command == FUTEX_WAKE || command == FUTEX_WAKE_BITSET;
}

/* The latest FUTEX_WAKE on the word that a waits on. */
static const struct page_event *last_wake(const struct scene *s,
                                          const struct actor *a)
{
    const struct page_event *e = NULL;

    while ((e = history(s, e, a->task->arg[0], raw_futex)) && !is_wake(e))
        continue;
    return e;
}

bool woken_privately(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], who[160];
    const struct page_event *e = is_bare(a) ? last_wake(s, a) : NULL;

    if (!e || e->ended < a->event->began || !(e->arg[2] & FUTEX_PRIVATE_FLAG) ||
        e->pid == a->task->pid)
        return false;
    fprintf(say,
            "%s sleeps in FUTEX_WAIT, and %s wakes with FUTEX_PRIVATE_FLAG, "
            "which reaches threads of its own process only",
            the(a, name, sizeof(name)), by(s, e, who, sizeof(who)));
    return conclude(say, s, a,
                    "Between processes leave the flag out on both sides.");
}

bool woken_too_early(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], who[160];
    int word, expected = (int)a->task->arg[2];
    const struct page_event *e;

    if (!is_bare(a) || proc_memory(a->task->pid, a->task->arg[0], &word,
                                   sizeof(word)) != sizeof(word))
        return false;
    e = last_wake(s, a);
    fprintf(say, "%s sleeps in FUTEX_WAIT while the word is %d",
            the(a, name, sizeof(name)), expected);
    if (word == expected) {
        fputs(", as it still is, and nobody is left to change it", say);
        return conclude(say, s, a, "");
    }
    fprintf(say,
            ", but it is %d by now, and nobody has called FUTEX_WAKE since",
            word);
    if (e && e->ended < a->event->began)
        fprintf(say, " (the last was by %s, before it slept)",
                by(s, e, who, sizeof(who)));
    return conclude(say, s, a,
                    "Change the word first, then wake, on every path that "
                    "somebody may sleep for.");
}
