/*
 * result.c — the verdict and the points of an exercise.
 */
#include "result.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

const char *verdict_word(enum verdict verdict)
{
    static const char *const word[V_COUNT] = {
        [V_PASSED] = "passed",           [V_FAILED] = "failed",
        [V_CRASHED] = "crashed",         [V_HUNG] = "hung",
        [V_LEFT_BEHIND] = "left behind", [V_NOT_COMPILED] = "did not compile",
        [V_NOT_STARTED] = "not started", [V_MISSING] = "missing",
        [V_SKIPPED] = "skipped",         [V_GRADER_FAULT] = "grader's fault",
    };

    if ((unsigned)verdict >= V_COUNT)
        verdict = V_GRADER_FAULT;
    return word[verdict];
}

static bool never_ran(const struct exercise_result *exercise)
{
    return exercise->verdict == V_NOT_COMPILED ||
           exercise->verdict == V_MISSING;
}

void exercise_judge(struct exercise_result *exercise)
{
    size_t passed = 0, skipped = 0, unstarted = 0, faults = 0;
    size_t count = exercise->count;

    if (never_ran(exercise))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct test_result *test = &exercise->tests[i];
        passed += test->verdict == V_PASSED;
        skipped += test->verdict == V_SKIPPED;
        faults += test->verdict == V_GRADER_FAULT;
        unstarted += test->verdict == V_NOT_STARTED ||
                     (test->unstarted && test->verdict == V_FAILED);
    }
    if (faults > 0 || count == 0) /* tests that are not there prove nothing */
        exercise->verdict = V_GRADER_FAULT;
    else if (skipped == count)
        exercise->verdict = V_SKIPPED;
    else if (passed + skipped == count)
        exercise->verdict = V_PASSED;
    else if (unstarted + skipped == count)
        exercise->verdict = V_NOT_STARTED;
    else
        exercise->verdict = V_FAILED;
}

struct points exercise_points(const struct exercise_result *exercise)
{
    struct points points = {0, 0};
    bool ran = !never_ran(exercise);

    for (size_t i = 0; i < exercise->count; i++) {
        enum verdict verdict = exercise->tests[i].verdict;
        if (verdict == V_SKIPPED || verdict == V_GRADER_FAULT)
            continue;
        points.max += exercise->weight;
        /* What did not compile now has old verdicts at best. */
        if (ran && verdict == V_PASSED)
            points.got += exercise->weight;
    }
    if (exercise->count == 0 && exercise->verdict != V_SKIPPED &&
        exercise->verdict != V_GRADER_FAULT)
        points.max = exercise->weight;
    return points;
}

struct points report_points(const struct report *report, const char *chapter)
{
    struct points sum = {0, 0};

    for (size_t i = 0; i < report->count; i++) {
        const struct exercise_result *exercise = &report->exercises[i];
        if (chapter && strcmp(exercise->chapter, chapter) != 0)
            continue;
        struct points points = exercise_points(exercise);
        sum.got += points.got;
        sum.max += points.max;
    }
    return sum;
}

void test_clear(struct test_result *test)
{
    free(test->name);
    free(test->headline);
    free(test->message);
    free(test->output);
    free(test->proved);
    free(test->schedule);
}

void result_clear(struct exercise_result *exercise)
{
    for (size_t i = 0; exercise->tests && i < exercise->count; i++)
        test_clear(&exercise->tests[i]);
    free(exercise->tests);
    free(exercise->chapter);
    free(exercise->stem);
    free(exercise->source);
    free(exercise->message);
    free(exercise->warnings);
    *exercise = (struct exercise_result){0};
}

void report_clear(struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        result_clear(&report->exercises[i]);
    free(report->exercises);
    free(report->impl);
    *report = (struct report){0};
}

char *copy_text(const char *text)
{
    size_t size = text ? strlen(text) : 0;
    char *copy = allocate(size + 1);

    if (size > 0)
        memcpy(copy, text, size);
    return copy;
}

char *format_text(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    int size = vasprintf(&text, format, arguments);
    va_end(arguments);
    return size < 0 ? copy_text("") : text;
}
