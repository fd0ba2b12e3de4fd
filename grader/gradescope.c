/*
 * gradescope.c — results.json of a Gradescope autograder.
 *
 * A test that could not be judged gets neither "score" nor "max_score" nor
 * "status", and with one of them in it the report has no "score" of its own:
 * what was judged still adds up from the tests, and no number pretends to be
 * the whole. Where none was judged nothing in the file is a score, and
 * Gradescope reports a failed autograder, not a zero. "output" tells both
 * readers whose fault it was and what to do.
 */
#include "report.h"

#include <stdlib.h>

#include "encode.h"
#include "entry.h"

static void put_text(FILE *out, const char *name, const char *text)
{
    fprintf(out, "\"%s\": ", name);
    encode_json(out, text);
}

static size_t count_faults(const struct report *report)
{
    size_t faults = 0;

    for (size_t i = 0; i < report->count; i++)
        for (size_t j = 0; j < entry_count(&report->exercises[i]); j++)
            faults += entry_verdict(&report->exercises[i], j) == V_GRADER_FAULT;
    return faults;
}

static void put_entry(FILE *out, const struct entry *entry)
{
    const struct exercise_result *exercise = entry->exercise;
    bool judged = entry->points.max > 0;
    bool passed = entry->verdict == V_PASSED;
    char *name = format_text("%s: %s", exercise->stem, entry->name);
    char *said = format_text("%s%s%s%s%s", verdict_word(entry->verdict),
                             *entry->headline ? ": " : "", entry->headline,
                             *entry->message ? "\n\n" : "", entry->message);

    fputs("\n    {", out);
    put_text(out, "name", name);
    if (judged)
        fprintf(out, ", \"score\": %d, \"max_score\": %d, \"status\": \"%s\"",
                entry->points.got, entry->points.max,
                passed ? "passed" : "failed");
    fputs(",\n     ", out);
    put_text(out, "output", passed ? "" : said);
    fputs(", \"output_format\": \"text\", \"visibility\": \"visible\"}", out);
    free(name);
    free(said);
}

static void put_summary(FILE *out, const struct report *report)
{
    struct points points = report_points(report, NULL);
    size_t faults = count_faults(report);
    char *said = format_text("%d of %d points.", points.got, points.max);

    if (faults > 0) {
        char *more = format_text(
            "%s\n%zu could not be judged. That is the grader's fault, not the "
            "learner's: it costs no points, but the score is not complete. "
            "Please run the autograder again.",
            said, faults);
        free(said);
        said = more;
    } else if (points.max > 0) {
        fprintf(out, "\"score\": %d,\n  ", points.got);
    }
    put_text(out, "output", said);
    free(said);
}

void gradescope_write(FILE *out, const struct report *report)
{
    bool any = false;

    fputs("{\n  ", out);
    put_summary(out, report);
    fputs(",\n  \"output_format\": \"text\",\n  \"visibility\": \"visible\"",
          out);
    fputs(",\n  \"tests\": [", out);
    for (size_t i = 0; i < report->count; i++) {
        for (size_t j = 0; j < entry_count(&report->exercises[i]); j++) {
            struct entry entry = entry_at(&report->exercises[i], j);
            fputs(any ? "," : "", out);
            put_entry(out, &entry);
            any = true;
        }
    }
    fputs("]\n}\n", out);
}
