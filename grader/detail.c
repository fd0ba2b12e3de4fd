/*
 * detail.c — one exercise in full, on one screen.
 *
 * Each fact as a sentence; then the whole explanation of the first that does
 * not hold, since that is the one to think about; of the others a sentence
 * each.
 */
#include "report.h"

#include <stdlib.h>
#include <string.h>

#include "advice.h"
#include "block.h"
#include "look.h"
#include "text.h"
#include "words.h"

enum {
    SCREEN = 40,        /* lines in all, if the first message is no longer */
    FACTS_SHOWN = 12,   /* with more, the rest become a line */
    MESSAGE_LEAST = 16, /* lines of the first failure, however much else */
    TABLE_LEAST = 56, /* … where it has a schedule's table, which is whole */
    OTHERS_SHOWN = 2,
    WARNING_LINES = 6
};

static void put_heading(FILE *out, struct look look,
                        const struct exercise_result *exercise)
{
    enum verdict verdict = look_verdict(exercise);
    struct points points = exercise_points(exercise);
    char *stem = text_line(exercise->stem, 16);

    fputc('\n', out);
    look_put_mark(out, look, verdict);
    look_put(out, look, BOLD, stem, 18);
    look_put(out, look, look_ink(verdict),
             words(look.chinese, verdict_word(verdict)), 18);
    look_put_bar(out, look, points, 20);
    fprintf(out, " %4d / %d\n\n", points.got, points.max);
    free(stem);
}

/* The verdict is said where the mark does not say it already. */
static void put_fact(FILE *out, struct look look,
                     const struct test_result *test, enum verdict exercise)
{
    enum verdict verdict = look_test_verdict(test);
    bool plain =
        verdict == V_PASSED || verdict == V_FAILED || verdict == exercise;
    char *name = text_sentence(test->name, plain ? 74 : 56);
    char *reason = text_line(verdict == V_SKIPPED ? test->headline : "", 70);

    fputs("  ", out);
    look_put_mark(out, look, verdict);
    look_put(out, look, PLAIN, name, plain ? 0 : 46);
    if (!plain) {
        fputs("  ", out);
        look_put(out, look, look_ink(verdict),
                 words(look.chinese, verdict_word(verdict)), 0);
    }
    fputc('\n', out);
    if (*reason)
        fprintf(out, "      %s\n", reason);
    if (*test->proved) /* how many orders of its processes were tried */
        block_put_in(out, look, DIM, test->proved, 6);
    free(name);
    free(reason);
}

/* One line for the facts that are not shown each. */
static int put_more(FILE *out, struct look look, enum verdict verdict,
                    const char *phrase, int count)
{
    if (count == 0)
        return 0;
    fputs("  ", out);
    look_put_mark(out, look, verdict);
    fprintf(out, "%d %s\n", count, words(look.chinese, phrase));
    return 1;
}

static int put_facts(FILE *out, struct look look,
                     const struct exercise_result *exercise)
{
    int hold = 0, fail = 0, shown = 0;
    bool passed = exercise->verdict == V_PASSED;
    bool all = passed || exercise->count <= FACTS_SHOWN;

    for (size_t i = 0; i < exercise->count; i++) {
        const struct test_result *test = &exercise->tests[i];
        if (!all && test->verdict == V_PASSED) {
            hold++;
        } else if (!passed && shown == FACTS_SHOWN) {
            fail++;
        } else {
            put_fact(out, look, test, exercise->verdict);
            shown++;
        }
    }
    bool blank = exercise->verdict == V_NOT_STARTED;
    shown += put_more(out, look, blank ? V_NOT_STARTED : V_FAILED,
                      blank       ? "more facts"
                      : fail == 1 ? "more does not hold"
                                  : "more do not hold",
                      fail);
    shown += put_more(out, look, V_PASSED,
                      hold == 1 ? "more holds" : "more hold", hold);
    fputc('\n', out);
    return shown + 1;
}

/* Whether the message says the headline already. */
static bool is_said(const char *headline, const char *message)
{
    char *sentence = text_line(headline, 1000);
    char *text = text_line(message, 4000);
    bool said = strstr(text, sentence);

    free(sentence);
    free(text);
    return said;
}

/* The first failure in full. */
static void put_first(FILE *out, struct look look,
                      const struct test_result *test, int most)
{
    char *name = text_sentence(test->name, 76);

    fputs("  ", out);
    look_put(out, look, BOLD, name, 0);
    fputc('\n', out);
    if (!is_said(test->headline, test->message))
        block_put(out, look, test->headline, 3);
    block_put(out, look, test->message, most);
    fputc('\n', out);
    free(name);
}

static bool is_other(const struct test_result *test,
                     const struct test_result *first)
{
    enum verdict verdict = look_test_verdict(test);

    return test != first && verdict != V_PASSED && verdict != V_SKIPPED &&
           verdict != V_NOT_STARTED;
}

static int count_others(const struct exercise_result *exercise,
                        const struct test_result *first)
{
    int others = 0;

    for (size_t i = 0; i < exercise->count; i++)
        others += is_other(&exercise->tests[i], first);
    return others;
}

static void put_other(FILE *out, struct look look,
                      const struct test_result *test)
{
    int columns = block_width(look) - BLOCK_INDENT - 2;
    char *name = text_sentence(test->name, columns);
    char *headline = text_line(test->headline, columns);

    fprintf(out, "%*s%s\n", BLOCK_INDENT, "", name);
    if (*headline)
        fprintf(out, "%*s  %s\n", BLOCK_INDENT, "", headline);
    free(name);
    free(headline);
}

/* The other failures, in two lines each. */
static void put_others(FILE *out, struct look look,
                       const struct exercise_result *exercise,
                       const struct test_result *first)
{
    int left = count_others(exercise, first), shown = 0;
    const char *example = "";

    if (left == 0)
        return;
    fprintf(out, "  %s\n", words(look.chinese, "Also:"));
    for (size_t i = 0; i < exercise->count && shown < OTHERS_SHOWN; i++) {
        const struct test_result *test = &exercise->tests[i];
        if (!is_other(test, first))
            continue;
        put_other(out, look, test);
        if (shown++ == 0)
            example = test->name;
    }
    if (left > shown) {
        char *more =
            format_text(words(look.chinese, "and %d more"), left - shown);
        fprintf(out, "%*s%s\n", BLOCK_INDENT, "", more);
        free(more);
    }
    fputc('\n', out);
    advice_one_fact(out, look, exercise, example);
}

static int put_compiler(FILE *out, struct look look, const char *title,
                        const char *text, int most)
{
    if (!*text)
        return 0;
    fputs("  ", out);
    look_put(out, look, YELLOW, words(look.chinese, title), 0);
    fputc('\n', out);
    int lines = block_put(out, look, text, most);
    fputc('\n', out);
    return lines + 2;
}

/* What the tests found; `used` lines are on the screen already. */
static void put_tests(FILE *out, struct look look,
                      const struct exercise_result *exercise, int used)
{
    const struct test_result *first = look_first(exercise);

    used += put_facts(out, look, exercise);
    if (exercise->verdict == V_NOT_STARTED) {
        advice_to_start(out, look, exercise);
    } else if (first) {
        int others = count_others(exercise, first);
        used += 2 * (others < OTHERS_SHOWN ? others : OTHERS_SHOWN) + 4;
        int most = SCREEN - used - 6;
        int least = *first->schedule ? TABLE_LEAST : MESSAGE_LEAST;
        put_first(out, look, first, most > least ? most : least);
        put_others(out, look, exercise, first);
    }
}

void detail_write(FILE *out, const struct exercise_result *exercise,
                  struct look look)
{
    put_heading(out, look, exercise);
    int used = 3 + put_compiler(out, look,
                                "The compiler also warns:", exercise->warnings,
                                WARNING_LINES);
    switch (exercise->verdict) {
    case V_NOT_COMPILED:
        put_compiler(out, look, "The compiler says:", exercise->message,
                     MESSAGE_LEAST);
        break;
    case V_MISSING:
        put_compiler(out, look, "There is no such file:", exercise->source, 1);
        break;
    default:
        if (exercise->count > 0)
            put_tests(out, look, exercise, used);
        else
            block_put(out, look, exercise->message, MESSAGE_LEAST);
    }
    advice_what_next(out, look, exercise);
}
