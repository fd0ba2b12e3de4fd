/*
 * explain_busy.c — the sentences for those who are not stuck, but do not come
 * to an end either.
 */
#include <string.h>

#include "explain.h"
#include "explain_parts.h"

/* The thread that has used the most CPU time. */
static const struct actor *busiest(const struct scene *s)
{
    const struct actor *found = NULL;
    for (size_t i = 0; i < s->actors; i++)
        if (!found || s->actor[i].task->ran > found->task->ran)
            found = &s->actor[i];
    return found;
}

enum { SWARM = 100 }; /* processes that nobody meant to have */

void spins(FILE *say, struct scene *s)
{
    const struct actor *a = busiest(s);
    char name[80];
    const struct page_event *last;
    if (s->tree->count >= SWARM) {
        fprintf(say,
                "there are %zu processes: a fork in a loop that its children "
                "go through, too. A child has to leave the loop with _exit.",
                s->tree->count);
        return;
    }
    if (!a) {
        fprintf(say, "It uses CPU time without end.");
        return;
    }
    const char *line = running_at(s, a);
    last = s->page ? page_last(s->page, a->task->pid) : NULL;
    fprintf(say, "%s spins in a loop%s%s: it used %.1f s of CPU time ",
            the(a, name, sizeof(name)), line[0] ? " at " : "", line,
            a->task->ran / 1e9);
    if (!last) {
        fprintf(say, "without a single call. What should end the loop?");
        return;
    }
    int times = s->page->proc[last->proc].count[last->call];
    const char *place = source_line(s->binary, last->pc);
    if (times >= 1000)
        fprintf(say,
                "and called %s %d times%s%s. Wait in a call that sleeps "
                "until there is something to do.",
                call_name[last->call], times,
                place[0] && strcmp(place, line) != 0 ? ", in " : "",
                strcmp(place, line) != 0 ? place : "");
    else
        fprintf(say,
                "without sleeping; its last call was %s%s%s. What should "
                "end the loop?",
                call_name[last->call], place[0] ? ", in " : "", place);
}

const struct actor *restless(const struct scene *s)
{
    for (size_t i = 0; i < s->actors; i++) {
        const struct actor *a = &s->actor[i];
        double limit = a->kind == CALL_UNKNOWN ? -1 : call_limit(a->task);
        if (!a->dead && !a->stopped && limit >= 0 && limit <= 20)
            return a;
    }
    return NULL;
}

void goes_on(FILE *say, struct scene *s, const struct actor *a)
{
    const struct page_event *last =
        s->page ? page_last(s->page, a->task->pid) : NULL;
    char name[80];
    fprintf(say, "%s waits a moment and looks again, without end",
            the(a, name, sizeof(name)));
    if (last) {
        const char *place = source_line(s->binary, last->pc);
        fprintf(say, ": it called %s %d times%s%s", call_name[last->call],
                s->page->proc[last->proc].count[last->call],
                place[0] ? ", in " : "", place);
    }
    fprintf(say, ". What should end the loop? Better wait in one call until "
                 "there is something to do.");
}
