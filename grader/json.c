/*
 * json.c — report.json, the whole result; report.schema.json describes it.
 *
 * Every text is clean, bounded UTF-8. Names stay when a version adds some;
 * a change that breaks readers raises schema_version.
 */
#include "report.h"

#include <string.h>

#include "encode.h"
#include "entry.h"

enum { SCHEMA_VERSION = 1 };

static void put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\": ", name);
    encode_json(out, text);
}

static void put_points(FILE *out, struct points points)
{
    fprintf(out, "\"points\": {\"got\": %d, \"max\": %d}", points.got,
            points.max);
}

static void put_test(FILE *out, const struct exercise_result *exercise,
                     size_t n)
{
    const struct test_result *test = &exercise->tests[n];

    fputs("\n        {", out);
    put_text(out, "name", test->name);
    fputs(", ", out);
    put_text(out, "verdict", verdict_word(entry_verdict(exercise, n)));
    fputs(", ", out);
    put_points(out, entry_points(exercise, n));
    fputs(", \"seconds\": ", out);
    encode_seconds(out, test->seconds);
    fputs(",\n         ", out);
    put_text(out, "headline", test->headline);
    fputs(",\n         ", out);
    put_text(out, "message", test->message);
    fputs(",\n         ", out);
    put_text(out, "output", test->output);
    if (*test->proved) {
        fputs(",\n         ", out);
        put_text(out, "proved", test->proved);
    }
    if (*test->schedule)
        fprintf(out, ",\n         \"schedule\": %s", test->schedule);
    fputs("}", out);
}

static void put_exercise(FILE *out, const struct exercise_result *exercise)
{
    fputs("\n      {", out);
    put_text(out, "name", exercise->stem);
    fputs(", ", out);
    put_text(out, "source", exercise->source);
    fprintf(out, ",\n       \"weight\": %d, ", exercise->weight);
    put_text(out, "verdict", verdict_word(exercise->verdict));
    fputs(", ", out);
    put_points(out, exercise_points(exercise));
    fputs(",\n       ", out);
    put_text(out, "message", exercise->message);
    fputs(",\n       ", out);
    put_text(out, "warnings", exercise->warnings);
    fputs(",\n       \"tests\": [", out);
    for (size_t i = 0; i < exercise->count; i++) {
        fputs(i > 0 ? "," : "", out);
        put_test(out, exercise, i);
    }
    fputs("]}", out);
}

/* The exercises of the chapter that exercise `first` opens. */
static void put_chapter(FILE *out, const struct report *report, size_t first)
{
    const char *chapter = report->exercises[first].chapter;

    fputs("\n    {", out);
    put_text(out, "name", chapter);
    fputs(", ", out);
    put_points(out, report_points(report, chapter));
    fputs(",\n     \"exercises\": [", out);
    for (size_t i = first; i < report->count; i++) {
        if (strcmp(report->exercises[i].chapter, chapter) != 0)
            continue;
        fputs(i > first ? "," : "", out);
        put_exercise(out, &report->exercises[i]);
    }
    fputs("]}", out);
}

void json_write(FILE *out, const struct report *report)
{
    bool any = false;

    fprintf(out, "{\n  \"schema_version\": %d,\n  ", SCHEMA_VERSION);
    put_text(out, "impl", report->impl);
    fputs(",\n  ", out);
    put_points(out, report_points(report, NULL));
    fputs(",\n  \"chapters\": [", out);
    for (size_t i = 0; i < report->count; i++) {
        if (!report_opens_chapter(report, i))
            continue;
        fputs(any ? "," : "", out);
        put_chapter(out, report, i);
        any = true;
    }
    fputs("]\n}\n", out);
}
