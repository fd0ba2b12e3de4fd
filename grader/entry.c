/*
 * entry.c — the report as a flat list, for formats that know only tests.
 */
#include "entry.h"

#include "look.h"

static bool tests_ran(const struct exercise_result *exercise)
{
    return exercise->count > 0 && exercise->verdict != V_NOT_COMPILED &&
           exercise->verdict != V_MISSING;
}

size_t entry_count(const struct exercise_result *exercise)
{
    return tests_ran(exercise) ? exercise->count : 1;
}

enum verdict entry_verdict(const struct exercise_result *exercise, size_t n)
{
    return tests_ran(exercise) ? look_test_verdict(&exercise->tests[n])
                               : exercise->verdict;
}

struct points entry_points(const struct exercise_result *exercise, size_t n)
{
    enum verdict verdict = entry_verdict(exercise, n);
    struct points points = {0, exercise->weight};

    /* As in exercise_points: what was skipped is so in a stale list, too. */
    if (exercise->tests[n].verdict == V_SKIPPED ||
        exercise->tests[n].verdict == V_GRADER_FAULT)
        points.max = 0;
    else if (verdict == V_PASSED)
        points.got = exercise->weight;
    return points;
}

static const char *name_of_whole(enum verdict verdict)
{
    switch (verdict) {
    case V_NOT_COMPILED:
        return "compiles";
    case V_MISSING:
        return "is_there";
    default:
        return "runs";
    }
}

struct entry entry_at(const struct exercise_result *exercise, size_t n)
{
    if (!tests_ran(exercise))
        return (struct entry){
            .exercise = exercise,
            .name = name_of_whole(exercise->verdict),
            .verdict = exercise->verdict,
            .headline = verdict_word(exercise->verdict),
            .message = exercise->message,
            .output = "",
            .points = exercise_points(exercise),
        };
    const struct test_result *test = &exercise->tests[n];
    return (struct entry){
        .exercise = exercise,
        .name = test->name,
        .verdict = entry_verdict(exercise, n),
        .headline = test->headline,
        .message = test->message,
        .output = test->output,
        .seconds = test->seconds,
        .points = entry_points(exercise, n),
    };
}
