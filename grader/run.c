/*
 * run.c — from test binaries to results.
 */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "errand.h"

static char *read_log(const char *path)
{
    char *text = NULL;
    size_t size;
    FILE *in = fopen(path, "re"), *out;
    int c;

    if (!in)
        return copy_text("");
    out = open_memstream(&text, &size);
    while (out && (c = getc(in)) != EOF && ftell(out) < 8192)
        putc(c ? c : '?', out);
    if (out)
        fclose(out);
    fclose(in);
    return text ? text : copy_text("");
}

bool read_build(struct exercise_result *exercise, const char *binary)
{
    size_t length = strlen(binary) - strlen("_test");
    char *compiled = format_text("%.*s.o.log", (int)length, binary);
    char *linked = format_text("%s.log", binary);
    char *text = read_log(compiled);
    struct stat st;
    bool missing = stat(binary, &st) < 0;
    bool failed = !missing && st.st_size == 0;

    if (failed && !strstr(text, "error")) {
        free(text);
        text = read_log(linked);
    }
    exercise->message = failed ? text : copy_text("");
    exercise->warnings = failed || missing ? copy_text("") : text;
    if (missing)
        free(text);
    if (missing)
        exercise->verdict = V_MISSING;
    else if (failed)
        exercise->verdict = V_NOT_COMPILED;
    free(compiled);
    free(linked);
    return !missing && !failed;
}

static char **lines(char *text, size_t *count)
{
    char **line = NULL, *next = text;

    *count = 0;
    while ((text = strsep(&next, "\n")))
        if (*text) {
            line = realloc(line, (*count + 1) * sizeof(*line));
            if (!line)
                exit(2);
            line[(*count)++] = text;
        }
    return line;
}

static void keep_only(char **name, size_t *count, const char *only)
{
    size_t kept = 0;

    for (size_t i = 0; only && i < *count; i++)
        if (strcmp(name[i], only) == 0)
            name[kept++] = name[i];
    if (only && kept)
        *count = kept;
}

/* The list of tests could not even be had: one test that says so. */
static void no_list(struct exercise_result *exercise, struct test_result *r)
{
    exercise->count = 1;
    exercise->tests = calloc(1, sizeof(*exercise->tests));
    if (!exercise->tests)
        exit(2);
    if (r->verdict == V_PASSED)
        fault(r, "This test binary has no tests. This is not your mistake.");
    exercise->tests[0] = *r;
    free(exercise->tests[0].name);
    exercise->tests[0].name = copy_text("starts");
    *r = (struct test_result){0};
}

static size_t list_tests(struct job *jobs, size_t count, const char *folder,
                         struct errand *list)
{
    size_t total = 0;

    for (size_t i = 0; i < count; i++)
        list[i] = (struct errand){.binary = jobs[i].binary, .fact = "--list"};
    run_errands(list, count, folder);
    for (size_t i = 0; i < count; i++) {
        struct exercise_result *exercise = jobs[i].exercise;
        char **name = lines(list[i].result.output, &exercise->count);
        keep_only(name, &exercise->count, jobs[i].only);
        if (list[i].result.verdict != V_PASSED || exercise->count == 0) {
            exercise->count = 0;
            no_list(exercise, &list[i].result);
            jobs[i].binary = NULL;
        } else {
            exercise->tests = calloc(exercise->count, sizeof(*exercise->tests));
            if (!exercise->tests)
                exit(2);
            for (size_t t = 0; t < exercise->count; t++)
                exercise->tests[t].name = copy_text(name[t]);
            total += exercise->count;
        }
        free(name);
        test_clear(&list[i].result);
    }
    return total;
}

static void run_tests(struct job *jobs, size_t count, const char *folder,
                      size_t total)
{
    struct errand *e = calloc(total + 1, sizeof(*e));
    size_t n = 0;

    if (!e)
        exit(2);
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; jobs[i].binary && t < jobs[i].exercise->count; t++)
            e[n++] = (struct errand){
                .binary = jobs[i].binary,
                .fact = jobs[i].exercise->tests[t].name,
            };
    run_errands(e, n, folder);
    n = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t t = 0; jobs[i].binary && t < jobs[i].exercise->count; t++) {
            free(jobs[i].exercise->tests[t].name);
            jobs[i].exercise->tests[t] = e[n++].result;
        }
    free(e);
}

void run_all(struct job *jobs, size_t count, const char *folder)
{
    struct errand *list = calloc(count + 1, sizeof(*list));
    size_t total;

    if (!list)
        exit(2);
    total = list_tests(jobs, count, folder, list);
    free(list);
    run_tests(jobs, count, folder, total);
    for (size_t i = 0; i < count; i++)
        exercise_judge(jobs[i].exercise);
}
