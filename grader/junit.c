/*
 * junit.c — JUnit XML, as CI systems read it: a suite for each exercise.
 *
 * A failure is what the tests found wrong, an error what kept them from
 * finding out. "Not started" is a failure, not skipped: CI must not be green
 * over an empty file. A grader's fault is an error, so that nobody takes the
 * run for a grade.
 */
#include "report.h"

#include <stdlib.h>

#include "encode.h"
#include "entry.h"

static const char *element_of(enum verdict verdict)
{
    switch (verdict) {
    case V_PASSED:
        return NULL;
    case V_SKIPPED:
        return "skipped";
    case V_CRASHED:
    case V_NOT_COMPILED:
    case V_GRADER_FAULT:
        return "error";
    default:
        return "failure";
    }
}

static void put_attribute(FILE *out, const char *name, const char *text)
{
    fprintf(out, " %s=\"", name);
    encode_xml_attribute(out, text);
    fputc('"', out);
}

struct count {
    size_t tests, failures, errors, skipped;
    double seconds;
};

static void add(struct count *count, const struct exercise_result *exercise)
{
    for (size_t i = 0; i < entry_count(exercise); i++) {
        struct entry entry = entry_at(exercise, i);
        const char *element = element_of(entry.verdict);
        count->tests++;
        count->failures += element && *element == 'f';
        count->errors += element && *element == 'e';
        count->skipped += element && *element == 's';
        count->seconds += entry.seconds;
    }
}

static void put_count(FILE *out, const struct count *count)
{
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", count->tests,
            count->failures, count->errors);
    fprintf(out, " skipped=\"%zu\" time=\"", count->skipped);
    encode_seconds(out, count->seconds);
    fputc('"', out);
}

static void put_case(FILE *out, const struct entry *entry)
{
    const char *element = element_of(entry->verdict);

    fputs("    <testcase", out);
    put_attribute(out, "name", entry->name);
    put_attribute(out, "classname", entry->exercise->stem);
    put_attribute(out, "file", entry->exercise->source);
    fputs(" time=\"", out);
    encode_seconds(out, entry->seconds);
    fputs("\">", out);
    if (element) {
        fprintf(out, "\n      <%s", element);
        put_attribute(out, "message", entry->headline);
        if (entry->verdict != V_SKIPPED) /* schemas know no type there */
            put_attribute(out, "type", verdict_word(entry->verdict));
        fputc('>', out);
        encode_xml(out, entry->message);
        fprintf(out, "</%s>\n    ", element);
    }
    if (*entry->output) {
        fputs("\n      <system-out>", out);
        encode_xml(out, entry->output);
        fputs("</system-out>\n    ", out);
    }
    fputs("</testcase>\n", out);
}

static void put_suite(FILE *out, const struct exercise_result *exercise)
{
    char *name = format_text("%s/%s", exercise->chapter, exercise->stem);
    struct count count = {0};

    add(&count, exercise);
    fputs("  <testsuite", out);
    put_attribute(out, "name", name);
    put_count(out, &count);
    fputs(">\n", out);
    for (size_t i = 0; i < entry_count(exercise); i++) {
        struct entry entry = entry_at(exercise, i);
        put_case(out, &entry);
    }
    fputs("  </testsuite>\n", out);
    free(name);
}

void junit_write(FILE *out, const struct report *report)
{
    struct count count = {0};

    for (size_t i = 0; i < report->count; i++)
        add(&count, &report->exercises[i]);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
    put_attribute(out, "name", report->impl);
    put_count(out, &count);
    fputs(">\n", out);
    for (size_t i = 0; i < report->count; i++)
        put_suite(out, &report->exercises[i]);
    fputs("</testsuites>\n", out);
}
