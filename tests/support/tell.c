/*
 * tell.c — a failed test in the words of a teacher.
 */
#include "tell.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "fact_run.h"
#include "interleave/tell.h"

static const char *role(const struct page *page, pid_t pid)
{
    static char text[64];

    return page_role(page, pid, text, sizeof(text));
}

static const char *place(const struct places *places, uintptr_t pc)
{
    const char *found = "";

    if (pc && places && places->find)
        found = places->find(places->binary, pc);
    return found ? found : "";
}

/* Rules first: when one is broken, the check that failed is a consequence. */
static bool tell_rule(FILE *out, const struct page *page)
{
    unsigned broken = page->broken;

    if (broken & KILL_EVERYBODY)
        fputs("kill(-1, …) sends the signal to every process you own, your "
              "editor too (it was not done): a pid of -1 is what a failed "
              "fork returns, so check it first.",
              out);
    else if (broken & RETURNED_INTO_TEST)
        fprintf(out,
                "%s came back into its caller's code, so that two processes "
                "ran the rest of it: leave the child with _exit().",
                role(page, page->broken_pid));
    else if (broken & EXIT_IN_TEST)
        fputs("Your code called exit() in the caller's own process: a "
              "library returns -1 and sets errno, its caller decides.",
              out);
    else if (broken & TOO_MANY_FORKS)
        fprintf(out,
                "More than %d processes were alive at once, so the sea let "
                "fork() fail: does a child come back into the loop that "
                "forks?",
                PAGE_FORKS);
    else
        return false;
    return true;
}

static const char *crash_place(const struct page *page,
                               const struct places *places)
{
    for (int i = 0; i < page->crash.frames; i++) {
        const char *at = place(places, page->crash.frame[i]);
        if (*at && !strstr(at, "_test.c"))
            return at;
    }
    return "";
}

static void tell_crash(FILE *out, const struct page *page,
                       const struct places *places)
{
    const struct page_crash *crash = &page->crash;
    const char *at = crash_place(page, places);

    if (crash->signal == 0)
        fprintf(out, "%s was stopped by a sanitizer: %s",
                role(page, crash->pid), crash->report);
    else
        fprintf(out, "%s crashed with %s", role(page, crash->pid),
                name_signal(crash->signal));
    if (*at)
        fprintf(out, " at %s", at);
    if (crash->signal == SIGSEGV && crash->address < 4096)
        fputs(": a null pointer was used", out);
    fputs(".", out);
}

void tell_headline(FILE *out, const struct page *page,
                   const struct places *places)
{
    const struct page_failure *f = &page->failure;

    if (tell_rule(out, page))
        return;
    if (page->crash.set && (page->crash.pid == page->test_pid ||
                            page->crash.signal == 0 || !f->set)) {
        tell_crash(out, page, places);
        if (f->set && !f->unstarted)
            fprintf(out, " The check it broke: %s.", f->why);
    } else if (f->set && f->unstarted)
        fputs("Not written yet: the function says ENOSYS.", out);
    else if (f->set)
        fprintf(out, "%s%s", f->why,
                strchr(".!?", f->why[strlen(f->why) - 1]) ? "" : ".");
}

static void tell_steps(FILE *out, const struct page *page)
{
    int first = page->steps > PAGE_STEPS ? page->steps - PAGE_STEPS : 0;

    if (page->steps == 0)
        return;
    fputs("\nSo far\n", out);
    if (page->steps - first > 6)
        first = page->steps - 6;
    for (int i = first; i < page->steps; i++)
        fprintf(out, "  %2d. %s\n", i + 1, page->step[i % PAGE_STEPS]);
}

static void tell_check(FILE *out, const struct page *page,
                       const struct places *places)
{
    const struct page_failure *f = &page->failure;
    const char *at = place(places, f->pc);

    if (f->check[0]) {
        fprintf(out, "\nChecked   %s  (%s:%d)\n", f->check, f->file, f->line);
        fprintf(out, "Expected  %s\n", f->expected);
        fprintf(out, "Came      %s\n", f->came);
    }
    if (*at)
        fprintf(out, "\nMade at   %s\n", at);
}

static void tell_remarks(FILE *out, const struct page *page,
                         const struct places *places)
{
    if (page->crash.set && page->failure.set && page->crash.signal &&
        page->crash.pid != page->test_pid && *crash_place(page, places)) {
        fputs("\nBesides, ", out);
        tell_crash(out, page, places);
        fputc('\n', out);
    }
    if (page->broken & EXIT_IN_CHILD)
        fprintf(out,
                "\nBesides, %s ended with exit(): that flushes its copy of "
                "the caller's\nstdio buffers and runs the caller's atexit "
                "functions. Use _exit().\n",
                role(page, page->broken_pid));
}

static void tell_reading(FILE *out, const struct page *page)
{
    const char *stem = strchr(page->exercise, '/');

    if (stem)
        fprintf(out, "\nRead  chapters/%.*s/README.md, \"%s\"; %s\n",
                (int)(stem - page->exercise), page->exercise, stem + 1,
                page->read_more);
}

struct interleave_trace *tell_trace(const struct page_schedule *schedule,
                                    struct interleave *world)
{
    struct interleave_trace *trace = calloc(1, sizeof(*trace));
    int turns = schedule->turns;

    static char name[INTERLEAVE_OPS][sizeof(schedule->name[0])];

    *world = (struct interleave){0};
    for (int i = 0; i < INTERLEAVE_OPS && schedule->name[i][0]; i++) {
        snprintf(name[i], sizeof(name[i]), "%.*s", (int)sizeof(name[i]) - 1,
                 schedule->name[i]);
        world->op[i].name = name[i];
    }
    if (!trace)
        return NULL;
    trace->cut = schedule->cut;
    for (int i = 0; i < turns && i < PAGE_TURNS; i++) {
        const struct page_turn *turn = &schedule->turn[i];
        struct interleave_step *step = &trace->step[trace->steps++];
        *step = turn->step;
        step->text[sizeof(step->text) - 1] = '\0';
        step->call = turn->call[0] ? turn->call : NULL;
        if ((unsigned)step->actor > INTERLEAVE_OPS)
            step->actor = 0;
        if ((unsigned)step->act > ACT_STUCK)
            step->act = ACT_SAY;
    }
    return trace;
}

static const struct places *asked;

static const char *where(uintptr_t pc)
{
    return place(asked, pc);
}

static void tell_schedule(FILE *out, const struct page *page,
                          const struct places *places)
{
    struct interleave world;
    struct interleave_trace *trace = tell_trace(&page->schedule, &world);
    const char *stem = strchr(page->exercise, '/');

    asked = places;
    fputc('\n', out);
    if (trace)
        interleave_tell(out, &world, trace, where, false);
    free(trace);
    if (page->schedule.replay[0]) {
        const char *exercise = stem ? stem + 1 : page->exercise;
        size_t length = strlen(exercise) + strlen(page->fact) +
                        strlen(page->schedule.replay);
        fprintf(out, "\nThis order alone\n  make %s FACT=%s%sSCHEDULE=%s\n",
                exercise, page->fact, length > 50 ? " \\\n      " : " ",
                page->schedule.replay);
    }
}

void tell_story(FILE *out, const struct page *page, const struct places *places)
{
    if (page->scenario[0])
        fprintf(out, "In a rough sea: %s.\n", page->scenario);
    if (page->failure.set)
        tell_check(out, page, places);
    if (page->schedule.set && !page->failure.unstarted) {
        tell_schedule(out, page, places);
    } else {
        tell_steps(out, page);
        if (!page->failure.unstarted)
            logbook_tail(out, page, 8, places);
    }
    tell_remarks(out, page, places);
    tell_reading(out, page);
}

void tell(FILE *out, const struct page *page, const struct places *places)
{
    tell_headline(out, page, places);
    fputs("\n\n", out);
    tell_story(out, page, places);
}
