/*
 * map.c — the map of the course.
 *
 *   1 islands                               ━━━━━━━─────────────   17 / 54
 *
 *     ✓ family            passed            ━━━━━━━━━━━━━━━━━━━━   11 / 11
 *     ✗ isolate           hung              ━━━━━━━━━━━━────────    6 / 10
 *         close the write end in the parent before you read
 *     · spawn             not started                               0 / 12
 *
 * Only what fails stands out; what is not there yet keeps quiet.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "lacking.h"
#include "look.h"
#include "text.h"
#include "words.h"

enum {
    NAME = 18,
    STATE = 18,
    BAR = 20,
    HEADING = 4 + NAME + STATE, /* columns before a chapter's bar */
    NARROWEST = 40,
    WIDEST = 80
};

static int width_of(struct look look)
{
    int width = look.width > 0 ? look.width : WIDEST;

    return width > WIDEST ? WIDEST : width < NARROWEST ? NARROWEST : width;
}

/* A narrow terminal does without the bars. */
static void put_points(FILE *out, struct look look, struct points points,
                       bool bar)
{
    if (width_of(look) >= HEADING + BAR + 12) {
        if (bar)
            look_put_bar(out, look, points, BAR);
        else
            fprintf(out, "%*s", BAR, "");
    }
    fprintf(out, " %4d / %d\n", points.got, points.max);
}

/* Compilers begin with "In function …": the line with the error says more. */
static char *first_error(char *text)
{
    char *error = strstr(text, "error:");

    while (error && error > text && error[-1] != '\n')
        error--;
    return error ? error : text;
}

/* One line of why, under the exercise. */
static void put_reason(FILE *out, struct look look,
                       const struct exercise_result *exercise)
{
    const struct test_result *first = look_first(exercise);
    char *reason = copy_text(exercise->message);
    char *lacking = lacking_part(reason);

    if (exercise->verdict == V_NOT_COMPILED && lacking) {
        free(reason);
        reason =
            format_text(words(look.chinese, "%s is missing on this machine: "
                                            "`make setup` installs it."),
                        lacking);
    }
    free(lacking);
    if (exercise->verdict != V_NOT_COMPILED && first) {
        free(reason);
        reason = copy_text(*first->headline ? first->headline : first->message);
    }
    char *from = first_error(reason);
    from[strcspn(from, "\n")] = '\0';
    char *line = text_line(from, width_of(look) - 6);
    if (*line)
        fprintf(out, "      %s\n", line);
    free(line);
    free(reason);
}

static void put_exercise(FILE *out, struct look look,
                         const struct exercise_result *exercise)
{
    enum verdict verdict = look_verdict(exercise);
    const char *state = words(look.chinese, verdict_word(verdict));
    enum ink ink = look_ink(verdict);
    char *stem = text_line(exercise->stem, NAME - 2);

    fputs("  ", out);
    look_put_mark(out, look, verdict);
    look_put(out, look, ink == DIM ? DIM : PLAIN, stem, NAME);
    look_put(out, look, ink == GREEN ? PLAIN : ink, state, STATE);
    put_points(out, look, exercise_points(exercise), ink != DIM);
    if (ink == RED || ink == YELLOW)
        put_reason(out, look, exercise);
    free(stem);
}

static void put_chapter(FILE *out, struct look look,
                        const struct report *report, const char *chapter)
{
    char *title = words_chapter(look.chinese, chapter);

    look_put(out, look, BOLD, title, HEADING);
    put_points(out, look, report_points(report, chapter), true);
    fputc('\n', out);
    for (size_t i = 0; i < report->count; i++)
        if (strcmp(report->exercises[i].chapter, chapter) == 0)
            put_exercise(out, look, &report->exercises[i]);
    fputc('\n', out);
    free(title);
}

/* Tests that say nothing about the learner, and why that costs nothing. */
static void put_faults(FILE *out, struct look look, const struct report *report)
{
    size_t faults = 0;

    for (size_t i = 0; i < report->count; i++) {
        const struct exercise_result *exercise = &report->exercises[i];
        faults += exercise->verdict == V_GRADER_FAULT && exercise->count == 0;
        for (size_t j = 0; j < exercise->count; j++)
            faults += exercise->tests[j].verdict == V_GRADER_FAULT;
    }
    if (faults == 0)
        return;
    char *line =
        format_text(words(look.chinese, "%zu could not be judged: the grader's "
                                        "fault, it costs no points"),
                    faults);
    look_put(out, look, YELLOW, line, 0);
    fputc('\n', out);
    free(line);
}

static void put_totals(FILE *out, struct look look, const struct report *report)
{
    size_t passed = 0;

    for (size_t i = 0; i < report->count; i++)
        passed += report->exercises[i].verdict == V_PASSED;
    char *count =
        format_text(words(look.chinese, "%zu of %zu exercises passed"), passed,
                    report->count);
    look_put(out, look, BOLD, count, HEADING);
    put_points(out, look, report_points(report, NULL), true);
    put_faults(out, look, report);
    fputc('\n', out);
    free(count);
}

static void put_next(FILE *out, struct look look, const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct exercise_result *exercise = &report->exercises[i];
        if (exercise->verdict == V_PASSED || exercise->verdict == V_SKIPPED)
            continue;
        char *command = words_make(report->impl, exercise->stem);
        look_put(out, look, PLAIN, words(look.chinese, "next"), 8);
        look_put(out, look, BOLD, command, 0);
        fputc('\n', out);
        free(command);
        return;
    }
    look_put(out, look, GREEN,
             words(look.chinese, report->count > 0
                                     ? "Everything passes. Well done!"
                                     : "There is nothing to check."),
             0);
    fputc('\n', out);
}

void map_write(FILE *out, const struct report *report, struct look look)
{
    fputc('\n', out);
    for (size_t i = 0; i < report->count; i++)
        if (report_opens_chapter(report, i))
            put_chapter(out, look, report, report->exercises[i].chapter);
    put_totals(out, look, report);
    put_next(out, look, report);
    if (look.report && *look.report) {
        look_put(out, look, PLAIN, words(look.chinese, "report"), 8);
        char *place = text_line(look.report, 400);
        fprintf(out, "%s\n", place);
        free(place);
    }
}
