/*
 * main.c — the grader's command line. People type make, make types this.
 *
 *   grader --impl NAME --build DIR MODE chapter/stem=weight …
 *       --map      run what has changed, write reports, draw the map
 *       --chapter  run all of them; 1 unless everything passed
 *       --detail   run one and tell all about it; 1 unless it passed
 *       --quiet    run what has changed, and say nothing
 *       --trace    draw the first failing test of one, or that of --fact
 *       --log      the same as text
 *   grader --json BINARY [FACT]  run a test binary, print a report
 *   grader --failing RESULT      the name of the first failing test
 *   grader --solved RESULT       1 or 0
 *   grader --nearest NAME NAMES…
 *   grader --story BINARY FACT   run one test, print its story as JSON;
 *                                with page, log, map or lanes behind it, as
 *                                people see it; steady: JSON, steady order
 *   grader --program trace|log BINARY PATH  a small program of a text
 *   grader --pictures BINARY PREFIX map,log its pictures for the text
 *
 * --fact NAME runs that one test only; --schedule NAME of it one order of
 * its processes.
 *
 * Status 0: grading worked (and everything passed, for --chapter and
 * --detail); 1: something did not pass; 2: the grader's own fault.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "course.h"
#include "nearest.h"
#include "report.h"
#include "run.h"
#include "sandbox.h"
#include "trace.h"

static void add_exercise(struct report *report, const char *impl,
                         const char *word)
{
    const char *slash = strchr(word, '/'), *equals = strchr(word, '=');
    struct exercise_result *e;

    if (!slash || !equals)
        errno = 0, die("not chapter/stem=weight:", word);
    report->exercises =
        realloc(report->exercises, (report->count + 1) * sizeof(*e));
    if (!report->exercises)
        die("memory", NULL);
    e = &report->exercises[report->count++];
    *e = (struct exercise_result){
        .chapter = format_text("%.*s", (int)(slash - word), word),
        .stem = format_text("%.*s", (int)(equals - slash - 1), slash + 1),
        .weight = atoi(equals + 1),
        .source = format_text("%s/%.*s.c", impl, (int)(equals - word), word),
        .message = copy_text(""),
        .warnings = copy_text(""),
    };
}

static void parse(struct options *o, int argc, char **argv)
{
    o->impl = "chapters";
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--impl") == 0 && i + 1 < argc)
            o->impl = argv[++i];
        else if (strcmp(argv[i], "--build") == 0 && i + 1 < argc)
            o->build = argv[++i];
        else if (strcmp(argv[i], "--fact") == 0 && i + 1 < argc)
            o->fact = argv[++i];
        else if (strcmp(argv[i], "--schedule") == 0 && i + 1 < argc)
            o->schedule = argv[++i];
        else if (strncmp(argv[i], "--", 2) == 0)
            o->mode = argv[i] + 2;
        else
            add_exercise(&o->report, o->impl, argv[i]);
    }
    if (!o->impl || !o->build || !o->mode)
        errno = 0, die("--impl, --build and a mode are needed", NULL);
    unsetenv("INTERLEAVE");
    o->report.impl = copy_text(o->impl);
}

static bool all_passed(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        if (report->exercises[i].verdict != V_PASSED &&
            report->exercises[i].verdict != V_SKIPPED)
            return false;
    return report->count > 0;
}

static bool any_fault(const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->exercises[i].verdict == V_GRADER_FAULT)
            return true;
        for (size_t t = 0; t < report->exercises[i].count; t++)
            if (report->exercises[i].tests[t].verdict == V_GRADER_FAULT)
                return true;
    }
    return false;
}

/* One exercise as a story; its results are good while nothing has changed. */
static int tell(struct options *o)
{
    const char *fact = o->fact;
    int status = 2;

    o->fact = NULL;
    course_run(o);
    if (o->schedule)
        setenv("INTERLEAVE", o->schedule, 1);
    if (o->report.count == 1)
        status = trace_exercise(o, &o->report.exercises[0], fact);
    report_clear(&o->report);
    return status;
}

static int grade(int argc, char **argv)
{
    struct look look = look_from_environment(stdout);
    struct options o = {0};
    int status = 0;

    parse(&o, argc, argv);
    if (strcmp(o.mode, "trace") == 0 || strcmp(o.mode, "log") == 0)
        return tell(&o);
    if (o.fact && o.schedule)
        setenv("INTERLEAVE", o.schedule, 1);
    course_run(&o);
    if (strcmp(o.mode, "quiet") == 0)
        return 0;
    course_publish(&o);
    look.report = "build/report.json";
    if (strcmp(o.mode, "detail") == 0)
        for (size_t i = 0; i < o.report.count; i++)
            detail_write(stdout, &o.report.exercises[i], look);
    else
        map_write(stdout, &o.report, look);
    if (strcmp(o.mode, "map") != 0 && !all_passed(&o.report))
        status = 1;
    if (any_fault(&o.report))
        status = 2;
    report_clear(&o.report);
    return status;
}

/* One test binary wherever it is, as a report of one exercise. */
static int grade_binary(const char *path, const char *fact)
{
    const char *base = strrchr(path, '/');
    char *stem = copy_text(base ? base + 1 : path);
    struct exercise_result e = {
        .chapter = copy_text("binary"),
        .stem = stem,
        .source = copy_text(path),
        .weight = 1,
        .message = copy_text(""),
        .warnings = copy_text(""),
    };
    struct report report = {copy_text("binary"), 1, &e};
    char folder[] = "/tmp/grader-XXXXXX";
    struct job job = {&e, absolute(copy_text(path)), fact};

    if (!mkdtemp(folder))
        die("cannot make a folder in", "/tmp");
    run_all(&job, 1, folder);
    remove_folder(folder);
    json_write(stdout, &report);
    return all_passed(&report) ? 0 : 1;
}

static int ask_result(const char *question, const char *path)
{
    struct exercise_result e = {0};

    if (result_load(&e, path) < 0) {
        if (strcmp(question, "--solved") == 0)
            puts("0");
        return 0;
    }
    if (strcmp(question, "--solved") == 0)
        puts(e.verdict == V_PASSED ? "1" : "0");
    for (size_t i = 0; strcmp(question, "--failing") == 0 && i < e.count; i++)
        if (e.tests[i].verdict != V_PASSED) {
            puts(e.tests[i].name);
            break;
        }
    result_clear(&e);
    return 0;
}

int main(int argc, char **argv)
{
    errno = 0;
    if ((argc == 3 || argc == 4) && strcmp(argv[1], "--json") == 0)
        return grade_binary(argv[2], argv[3]);
    if ((argc == 4 || argc == 5) && strcmp(argv[1], "--story") == 0)
        return trace_binary(argv[2], argv[3], argv[4]);
    if (argc == 5 && strcmp(argv[1], "--program") == 0)
        return trace_program(argv[2], argv[3], argv[4]);
    if (argc == 5 && strcmp(argv[1], "--pictures") == 0)
        return trace_pictures(argv[2], argv[3], argv[4]);
    if (argc == 3 &&
        (strcmp(argv[1], "--failing") == 0 || strcmp(argv[1], "--solved") == 0))
        return ask_result(argv[1], argv[2]);
    if (argc >= 3 && strcmp(argv[1], "--nearest") == 0) {
        nearest(stderr, argv[2], argv + 3, (size_t)argc - 3);
        return 1;
    }
    return grade(argc, argv);
}
