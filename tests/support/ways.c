/*
 * ways.c — a fact that holds in every order of some processes.
 *
 * Not in every test: only those are linked with it that have a _ways.c.
 */
#include "ways.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fact_run.h"
#include "logbook.h"

static const char *where(const char *binary, unsigned long pc)
{
    (void)binary;
    return il_where(pc);
}

/* The full stop that a sentence lacks. */
static const char *stop(const char *sentence)
{
    size_t length = strlen(sentence);

    return length == 0 || strchr(".!?", sentence[length - 1]) ? "" : ".";
}

/* Seen by all processes: the page is. */
void ways_fail(int error, const char *format, ...)
{
    char sentence[PAGE_TEXT];
    va_list list;

    va_start(list, format);
    vsnprintf(sentence, sizeof(sentence), format, list);
    va_end(list);
    if (error == ENOSYS)
        page->failure.unstarted = true;
    interleave_fail("%s%s", sentence, stop(sentence));
}

static void keep_turns(struct page_schedule *to,
                       const struct interleave_trace *trace)
{
    to->cut = trace->cut || trace->steps > PAGE_TURNS;
    to->turns = trace->steps < PAGE_TURNS ? trace->steps : PAGE_TURNS;
    for (int i = 0; i < to->turns; i++) {
        struct page_turn *turn = &to->turn[i];
        turn->step = trace->step[i];
        snprintf(turn->call, sizeof(turn->call), "%s",
                 turn->step.call ? turn->step.call : "");
        turn->step.call = NULL;
    }
}

void ways_keep(const char *of, const struct interleave *world,
               const struct interleave_result *r)
{
    struct page_schedule *to = &page->schedule;

    to->found = r->found;
    to->schedules = r->schedules;
    to->preemptions = r->preemptions;
    to->switches = r->switches;
    snprintf(to->of, sizeof(to->of), "%s", of);
    for (int i = 0; i < INTERLEAVE_OPS; i++)
        if (world->op[i].run)
            snprintf(to->name[i], sizeof(to->name[i]), "%s", world->op[i].name);
    snprintf(to->sentence, sizeof(to->sentence), "%s", r->sentence);
    snprintf(to->replay, sizeof(to->replay), "%s", r->replay);
    if (r->trace)
        keep_turns(to, r->trace);
    to->set = true;
}

/* "nobody can ever move, with 1 preemption" */
static void came(char *text, size_t cap, const struct interleave_result *r)
{
    static const char *const what[] = {
        [INTERLEAVE_ASSERTION] = "what must be true is not true",
        [INTERLEAVE_DEADLOCK] = "nobody can ever move",
        [INTERLEAVE_SPINS] = "it looks again and again, for ever",
        [INTERLEAVE_RACE] = "a data race",
        [INTERLEAVE_MISUSE] = "a call that is not allowed there",
        [INTERLEAVE_CRASH] = "a crash",
        [INTERLEAVE_LEFT] = "a process that ended in the middle of it",
        [INTERLEAVE_WITHOUT_END] = "no end",
        [INTERLEAVE_UNREPEATABLE] = "the same order took another course",
        [INTERLEAVE_FAULT] = "the scheduler could not go on",
    };

    snprintf(text, cap, "%s, with %d preemption%s", what[r->found],
             r->preemptions, r->preemptions == 1 ? "" : "s");
}

static const char *lesson(const struct ways *ways, enum interleave_found found)
{
    if (found == INTERLEAVE_FAULT || found == INTERLEAVE_UNREPEATABLE)
        return "";
    if (ways->lesson[found])
        return ways->lesson[found];
    return ways->otherwise ? ways->otherwise : "";
}

static _Noreturn void fails(struct here here, const struct ways *ways,
                            const struct interleave_result *r)
{
    char check[PAGE_LINE], found[PAGE_LINE];
    const char *teach = lesson(ways, r->found);
    /* A line of its own, so that no long sentence hides it. */
    const char *join = !*teach                          ? ""
                       : *teach >= 'a' && *teach <= 'z' ? "\nSo: "
                                                        : "\n";

    ways_keep(ways->of, &ways->world, r);
    snprintf(check, sizeof(check), "every order of %s", ways->of);
    came(found, sizeof(found), r);
    check_came(here, check, page->failure.unstarted ? ENOSYS : 0,
               "each of them ends well", found, "%s%s%s%s", r->sentence,
               stop(r->sentence), join, teach);
}

void every_way(struct here here, const struct ways *ways)
{
    struct interleave_result result = {0};
    size_t used = strlen(page->proved);

    check_home();
    fact_where = where;
    interleave(&ways->world, &result);
    if (result.found != INTERLEAVE_NOTHING)
        fails(here, ways, &result);
    if (!result.proved[0] && result.schedules == 0)
        FAIL_TEST("SCHEDULE=%s is the name of no schedule of this fact",
                  getenv("INTERLEAVE") ? getenv("INTERLEAVE") : "");
    if (!result.proved[0]) /* one schedule only, by its name */
        return;
    check_step("%s: %s", ways->of, result.proved);
    snprintf(page->proved + used, sizeof(page->proved) - used, "%s%s: %s",
             used ? "\n" : "", ways->of, result.proved);
}
