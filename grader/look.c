/*
 * look.c — what the map and the detail have in common: colours, marks, bars.
 */
#include "look.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "text.h"
#include "words.h"

struct look look_from_environment(FILE *out)
{
    struct look look = {.chinese = words_chinese(), .width = 80};
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    struct winsize size;
    int fd = fileno(out);

    if (fd < 0 || !isatty(fd))
        return look;
    look.colour = !(none && *none) && terminal && strcmp(terminal, "dumb") != 0;
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        look.width = size.ws_col;
    return look;
}

void look_put(FILE *out, struct look look, enum ink ink, const char *text,
              int columns)
{
    static const char *const code[] = {
        [PLAIN] = "",         [BOLD] = "\033[1m", [DIM] = "\033[2m",
        [GREEN] = "\033[32m", [RED] = "\033[31m", [YELLOW] = "\033[33m",
    };
    bool paint = look.colour && ink != PLAIN;
    int blanks = columns - text_width(text);

    fprintf(out, "%s%s%s", paint ? code[ink] : "", text,
            paint ? "\033[0m" : "");
    fprintf(out, "%*s", blanks > 0 ? blanks : 0, "");
}

const char *look_mark(enum verdict verdict)
{
    switch (verdict) {
    case V_PASSED:
        return "✓";
    case V_NOT_STARTED:
    case V_MISSING:
    case V_SKIPPED:
        return "·";
    case V_GRADER_FAULT:
        return "!";
    default:
        return "✗";
    }
}

enum ink look_ink(enum verdict verdict)
{
    switch (verdict) {
    case V_PASSED:
        return GREEN;
    case V_NOT_STARTED:
    case V_MISSING:
    case V_SKIPPED:
        return DIM;
    case V_GRADER_FAULT:
        return YELLOW;
    default:
        return RED;
    }
}

void look_put_mark(FILE *out, struct look look, enum verdict verdict)
{
    look_put(out, look, look_ink(verdict), look_mark(verdict), 2);
}

static void put_times(FILE *out, struct look look, enum ink ink,
                      const char *piece, int times)
{
    char *bar = allocate((size_t)times * strlen(piece) + 1);

    for (int i = 0; i < times; i++)
        strcat(bar, piece);
    look_put(out, look, ink, bar, 0);
    free(bar);
}

void look_put_bar(FILE *out, struct look look, struct points points,
                  int columns)
{
    int strong = 0;

    if (points.max > 0 && points.got > 0) {
        strong = (int)((long long)points.got * columns / points.max);
        if (strong == 0)
            strong = 1; /* a first point is seen */
        if (strong > columns)
            strong = columns;
    }
    if (strong > 0)
        put_times(out, look, points.got >= points.max ? GREEN : YELLOW, "━",
                  strong);
    if (strong < columns)
        put_times(out, look, DIM, "─", columns - strong);
}

enum verdict look_test_verdict(const struct test_result *test)
{
    bool blank = test->unstarted && test->verdict == V_FAILED;

    return blank ? V_NOT_STARTED : test->verdict;
}

const struct test_result *look_first(const struct exercise_result *exercise)
{
    const struct test_result *first = NULL;

    for (size_t i = 0; i < exercise->count; i++) {
        const struct test_result *test = &exercise->tests[i];
        enum verdict verdict = look_test_verdict(test);
        if (verdict == V_PASSED || verdict == V_SKIPPED)
            continue;
        if (exercise->verdict == V_GRADER_FAULT ? verdict == V_GRADER_FAULT
                                                : verdict != V_NOT_STARTED)
            return test;
        if (!first)
            first = test;
    }
    return first;
}

enum verdict look_verdict(const struct exercise_result *exercise)
{
    const struct test_result *first = look_first(exercise);

    if (exercise->verdict != V_FAILED || !first)
        return exercise->verdict;
    /* Half written is not "not started". */
    enum verdict verdict = look_test_verdict(first);
    return verdict == V_NOT_STARTED ? V_FAILED : verdict;
}
