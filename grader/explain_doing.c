/*
 * explain_doing.c — what one process does, for the middle of a sentence.
 */
#include <math.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include "explain_parts.h"

/* The children it waits for: "child 1", "any of its children". */
const char *awaited(struct scene *s, const struct actor *a, char *buf,
                    size_t cap)
{
    int count = 0;
    char name[80];
    for (size_t i = 0; i < s->actors; i++)
        if (s->actor[i].task->tid == s->actor[i].task->pid &&
            waits_for_child(s, a, &s->actor[i]) && count++ == 0)
            snprintf(buf, cap, "%s", the(&s->actor[i], name, sizeof(name)));
    if (count == 0)
        snprintf(buf, cap, "a child");
    if (count > 1)
        snprintf(buf, cap, "one of its %d children", count);
    return buf;
}

const char *doing_asleep(const struct actor *a, char *buf, size_t cap)
{
    double limit = call_limit(a->task);
    /* Who means "for ever" says a large number. */
    if (a->kind == CALL_SLEEP && limit > 0 && limit < 1e8)
        snprintf(buf, cap,
                 limit < 1 ? "sleeps for %.2g s" : "sleeps for %.0f s", limit);
    else if (a->kind == CALL_SLEEP)
        snprintf(buf, cap, "sleeps");
    else
        snprintf(buf, cap, "waits for a signal");
    return buf;
}

/* Does poll watch a pidfd? */
static bool waits_for_any(const struct scene *s, const struct actor *a)
{
    for (size_t i = 0; i < s->actors; i++)
        if (waits_for_child(s, a, &s->actor[i]))
            return true;
    return false;
}

const char *doing(struct scene *s, const struct actor *a, char *buf, size_t cap)
{
    char name[96];
    if (a->dead || a->stopped || a->kind == CALL_UNKNOWN) {
        snprintf(buf, cap, "%s",
                 a->dead      ? "has ended"
                 : a->stopped ? "is stopped"
                              : "does something else");
        return buf;
    }
    switch (a->kind) {
    case CALL_READ:
    case CALL_WRITE:
        snprintf(buf, cap, "waits to %s %s",
                 a->kind == CALL_READ ? "read from" : "write to",
                 end_name(s, a->end, name, sizeof(name)));
        break;
    case CALL_WAIT:
        awaited(s, a, name, sizeof(name));
        snprintf(buf, cap, "waits for %s to end", name);
        break;
    case CALL_FUTEX:
        snprintf(buf, cap, "waits for a %s", lock_of(s, a).what);
        break;
    case CALL_SLEEP:
    case CALL_PAUSE:
    case CALL_SIGWAIT:
        doing_asleep(a, buf, cap);
        break;
    case CALL_POLL:
    case CALL_SELECT:
    case CALL_EPOLL:
        if (waits_for_any(s, a)) {
            awaited(s, a, name, sizeof(name));
            snprintf(buf, cap, "waits for %s to end", name);
            break;
        }
        /* fall through */
    default:
        snprintf(buf, cap, "waits in %s", call_info(a->task->call)->name);
    }
    return buf;
}
