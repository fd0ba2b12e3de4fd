/*
 * explain_others.c — rules about FIFOs, signals and children.
 */
#include <stdlib.h>
#include <string.h>

#include "explain_parts.h"
#include "explain_rules.h"

bool stopped(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80];
    if (!a->stopped)
        return false;
    fprintf(say, "%s is stopped by a signal", the(a, name, sizeof(name)));
    return conclude(say, s, a,
                    "A stopped process does not end before somebody sends "
                    "SIGCONT or SIGKILL; waitpid tells of the stop only with "
                    "WUNTRACED.");
}

bool opens_fifo(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], path[256];
    bool writing;
    if (a->kind != CALL_OPEN)
        return false;
    if (!opened_path(a, path, sizeof(path), &writing))
        snprintf(path, sizeof(path), "of a FIFO");
    fprintf(say,
            "%s waits in open(%s) for somebody to open the FIFO for %s, and "
            "nobody does",
            the(a, name, sizeof(name)), path, writing ? "reading" : "writing");
    return conclude(say, s, a,
                    "Open the two ends in two processes, in the same order, "
                    "or use O_NONBLOCK.");
}

bool reads_its_input(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], what[96], who[256];
    if (a->kind != CALL_READ || !a->end || a->end->fd != 0 ||
        scene_holders(s, a, who, sizeof(who)) > 0)
        return false;
    fprintf(say,
            "%s reads its standard input (%s), where nobody of this test "
            "writes",
            the(a, name, sizeof(name)),
            end_name(s, a->end, what, sizeof(what)));
    return conclude(say, s, a, "Give it the right descriptor as 0.");
}

bool watches(FILE *say, struct scene *s, const struct actor *a)
{
    struct interest list[WATCHED];
    char name[80], what[96];
    int n = watched_by(s, a, list);
    if (a->kind != CALL_POLL && a->kind != CALL_SELECT && a->kind != CALL_EPOLL)
        return false;
    bool missed = false;
    for (int i = 0; i < n; i++)
        missed |= may_be_missed(s, a, &list[i]);
    fprintf(say,
            missed ? "%s waits in %s without a time-out, and is told of nothing"
                   : "%s waits in %s without a time-out, and nothing it "
                     "watches will ever be ready",
            the(a, name, sizeof(name)), call_info(a->task->call)->name);
    for (int i = 0; i < n && i < 4; i++)
        fprintf(say, "%sfd %d = %s", i ? ", " : ": ", list[i].fd,
                end_name(s, scene_end(s, a->task->pid, list[i].fd), what,
                         sizeof(what)));
    return conclude(say, s, a, "");
}

bool sleeps(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], what[160];
    if (a->kind != CALL_SLEEP && a->kind != CALL_PAUSE &&
        a->kind != CALL_SIGWAIT)
        return false;
    the(a, name, sizeof(name));
    if (a->kind == CALL_SLEEP && !a->event && s->page)
        return false; /* the test's own, which waits for a signal */
    if (a->kind == CALL_SLEEP) {
        fprintf(say, "%s %s", name, doing(s, a, what, sizeof(what)));
        return conclude(say, s, a,
                        "Wait for the event itself, not for time to pass.");
    }
    fprintf(say, "%s waits for a signal that nobody is left to send", name);
    return conclude(say, s, a,
                    "If it came too early, block it first and wait with "
                    "sigsuspend or sigwait; if this process should end, "
                    "somebody has to kill it.");
}

bool waits(FILE *say, struct scene *s, const struct actor *a)
{
    char name[80], what[160];
    if (a->kind != CALL_WAIT && a->kind != CALL_VFORK)
        return false;
    fprintf(say, "%s %s, and that never happens", the(a, name, sizeof(name)),
            doing(s, a, what, sizeof(what)));
    return conclude(say, s, a, "");
}
