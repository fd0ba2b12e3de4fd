/*
 * judge.c — from what was seen to a verdict, and the words for it.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "check.h"
#include "explain.h"
#include "keeper.h"
#include "schedule.h"
#include "tell.h"

enum { SANITIZER_STATUS = 86 };

/* What the learner's hand put there, whatever else happened. */
static bool rule_broken(const struct page *page)
{
    if (page->program) /* what a test forbids, a program may do */
        return false;
    return page->broken & (unsigned)~EXIT_IN_CHILD;
}

static bool crashed(const struct watched *w, const struct page *page)
{
    if (page->crash.set &&
        (page->crash.signal == 0 || page->crash.pid == page->test_pid))
        return true;
    return WIFSIGNALED(w->wstatus) ||
           (WIFEXITED(w->wstatus) && page->outcome == NOT_FINISHED &&
            WEXITSTATUS(w->wstatus) == SANITIZER_STATUS);
}

static enum verdict verdict(const struct watched *w, const struct page *page)
{
    switch (w->ending) {
    case ENDED:
        break;
    case STOOD:
    case LOOPED:
    case TOO_LATE:
        return rule_broken(page) ? V_FAILED : V_HUNG;
    case INTERRUPTED:
        return V_GRADER_FAULT;
    default:
        return V_FAILED;
    }
    if (rule_broken(page))
        return V_FAILED;
    if (page->outcome == SKIPPED)
        return V_SKIPPED;
    if (crashed(w, page))
        return V_CRASHED;
    if (page->program && WIFEXITED(w->wstatus))
        return w->left ? V_LEFT_BEHIND : V_PASSED;
    if (page->outcome == PASSED && w->wstatus == 0)
        return w->left ? V_LEFT_BEHIND : V_PASSED;
    return V_FAILED;
}

/* The undefined behaviour sanitizer only prints its finding. */
static void tell_runtime_error(FILE *out, const char *printed)
{
    const char *line = strstr(printed, "runtime error: ");
    const char *begin = line;

    if (!line) {
        fputs("A sanitizer ended the test.", out);
        return;
    }
    while (begin > printed && begin[-1] != '\n' && begin[-1] != '/')
        begin--;
    fprintf(out, "Undefined behaviour at %.*s.", (int)strcspn(begin, "\n"),
            begin);
}

static bool killed_its_group(const struct page *page)
{
    for (unsigned i = 0; i < page->events && i < PAGE_EVENTS; i++)
        if (page->event[i].call == SEA_kill && page->event[i].arg[0] == 0)
            return true;
    return false;
}

static void tell_end(FILE *out, const struct watched *w,
                     const struct page *page)
{
    int sig = WTERMSIG(w->wstatus);

    if (WIFSIGNALED(w->wstatus)) {
        fprintf(out, "The test's own process was ended by %s",
                name_signal(sig));
        if (sig == SIGPIPE)
            fputs(": somebody wrote to a pipe or socket that nobody can read "
                  "from any more",
                  out);
        else if (killed_its_group(page))
            fputs(": a kill() with pid 0 hits the whole process group, the "
                  "caller too; signal the pids you started",
                  out);
        else
            fputs(": it came while nobody in the caller handled or blocked it",
                  out);
        fputs(".", out);
    } else if (WEXITSTATUS(w->wstatus) == SANITIZER_STATUS) {
        tell_runtime_error(out, w->output);
    } else if (page->outcome == NOT_FINISHED) {
        fprintf(out,
                "Your code ended the caller's own process (exit status %d): "
                "only a child leaves with _exit; a library returns to its "
                "caller.",
                WEXITSTATUS(w->wstatus));
    } else {
        fputs("The test ended in an unexpected way.", out);
    }
}

static void headline(FILE *out, const struct watched *w,
                     const struct page *page, const struct places *places,
                     enum verdict v)
{
    if (rule_broken(page)) {
        tell_headline(out, page, places);
        return;
    }
    switch (w->ending) {
    case FLOODED:
        fprintf(out,
                "It printed more than %zu bytes and was stopped: does a "
                "loop print without end?",
                w->printed);
        return;
    case SWAMPED:
        fputs("It used more than 1 GiB of memory and was stopped.", out);
        return;
    case SWARMED:
        fputs("More than 600 processes or threads were alive at once, and "
              "all were stopped: does a child come back into the loop that "
              "forks?",
              out);
        return;
    case INTERRUPTED:
        fputs("Interrupted.", out);
        return;
    default:
        break;
    }
    if (v == V_HUNG && w->ending == STOOD && page->if_stuck[0])
        fprintf(out, "%s%s", page->if_stuck,
                strchr(".!?", page->if_stuck[strlen(page->if_stuck) - 1])
                    ? ""
                    : ".");
    else if (v == V_HUNG)
        fputs(w->headline, out);
    else if (v == V_LEFT_BEHIND)
        fprintf(out,
                "Left behind and still running: %s. Whoever starts a "
                "process ends it and waits for it.",
                w->left);
    else if (v == V_SKIPPED)
        fputs(page->skipped, out);
    else if (page->failure.set || page->crash.set)
        tell_headline(out, page, places);
    else if (page->program && page->schedule.set) /* what it is there for */
        fputs(page->schedule.sentence, out);
    else if (v != V_PASSED)
        tell_end(out, w, page);
}

/* It begins with its own headline, which is shown already if it is ours. */
static void tell_explanation(FILE *out, const struct watched *w, bool whole)
{
    const char *text = w->explanation;
    size_t length = strlen(w->headline);

    if (!whole && strncmp(text, w->headline, length) == 0)
        text += length;
    text += strspn(text, "\n");
    length = strlen(text);
    while (length > 0 && text[length - 1] == '\n')
        length--;
    fprintf(out, "%s%.*s\n", whole ? "\n" : "", (int)length, text);
}

static void message(FILE *out, const struct watched *w, const struct page *page,
                    const struct places *places, enum verdict v)
{
    if (v == V_PASSED || v == V_SKIPPED)
        return;
    if (w->explanation)
        tell_explanation(out, w, page->if_stuck[0] && w->ending == STOOD);
    tell_story(out, page, places);
}

void judge(struct test_result *result, const struct watched *w,
           const struct page *page, const char *binary)
{
    struct places places = {source_line, binary};
    size_t size;
    FILE *out;

    result->verdict = verdict(w, page);
    result->seconds = w->seconds;
    result->unstarted = result->verdict == V_FAILED && page->failure.set &&
                        page->failure.unstarted && !rule_broken(page);
    out = open_memstream(&result->headline, &size);
    headline(out, w, page, &places, result->verdict);
    fclose(out);
    out = open_memstream(&result->message, &size);
    message(out, w, page, &places, result->verdict);
    fclose(out);
    result->output = copy_text(w->output);
    result->proved = copy_text(result->verdict == V_PASSED ? page->proved : "");
    result->schedule = schedule_json(page, &places);
}
