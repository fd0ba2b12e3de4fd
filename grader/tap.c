/*
 * tap.c — TAP 13, with what is to be told as YAML.
 *
 * JSON strings are YAML strings, so the diagnostics need no encoder of their
 * own. SKIP is also what a test is that the grader could not judge: TAP has
 * no other word that counts neither way, and the reason says whose fault.
 */
#include "report.h"

#include "encode.h"
#include "entry.h"

static void put_field(FILE *out, const char *name, const char *text)
{
    if (!*text)
        return;
    fprintf(out, "  %s: ", name);
    encode_json(out, text);
    fputc('\n', out);
}

static void put_diagnostics(FILE *out, const struct entry *entry)
{
    fputs("  ---\n", out);
    put_field(out, "verdict", verdict_word(entry->verdict));
    put_field(out, "headline", entry->headline);
    put_field(out, "message", entry->message);
    put_field(out, "output", entry->output);
    put_field(out, "file", entry->exercise->source);
    fputs("  seconds: ", out);
    encode_seconds(out, entry->seconds);
    fputs("\n  ...\n", out);
}

static void put_entry(FILE *out, const struct entry *entry, size_t number)
{
    bool fault = entry->verdict == V_GRADER_FAULT;
    bool skip = fault || entry->verdict == V_SKIPPED;
    bool ok = skip || entry->verdict == V_PASSED;

    fprintf(out, "%s %zu - ", ok ? "ok" : "not ok", number);
    encode_tap(out, entry->exercise->stem);
    fputs(": ", out);
    encode_tap(out, entry->name);
    if (skip) {
        fputs(" # SKIP ", out);
        fputs(fault ? "grader's fault: " : "", out);
        encode_tap(out, entry->headline);
    }
    fputc('\n', out);
    if (entry->verdict != V_PASSED)
        put_diagnostics(out, entry);
}

void tap_write(FILE *out, const struct report *report)
{
    size_t total = 0, number = 0;

    for (size_t i = 0; i < report->count; i++)
        total += entry_count(&report->exercises[i]);
    fprintf(out, "TAP version 13\n1..%zu%s\n", total,
            total > 0 ? "" : " # SKIP nothing to check");
    for (size_t i = 0; i < report->count; i++) {
        const struct exercise_result *exercise = &report->exercises[i];
        for (size_t j = 0; j < entry_count(exercise); j++) {
            struct entry entry = entry_at(exercise, j);
            put_entry(out, &entry, ++number);
        }
    }
}
