/*
 * course.c — one run of the grader over the course, or a part of it.
 */
#include "course.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report.h"
#include "run.h"
#include "sandbox.h"

_Noreturn void die(const char *what, const char *name)
{
    fprintf(stderr, "grader: %s%s%s: %s\n", what, name ? " " : "",
            name ? name : "", errno ? strerror(errno) : "see main.c");
    exit(2);
}

static char *binary_of(const struct options *o, const struct exercise_result *e)
{
    return format_text("%s/%s/%s_test", o->build, e->chapter, e->stem);
}

static char *result_of(const struct options *o, const struct exercise_result *e)
{
    return format_text("%s/%s/%s.result", o->build, e->chapter, e->stem);
}

/* An old result is good while nothing it was made from is newer. */
static bool load(const struct options *o, struct exercise_result *e)
{
    char *binary = binary_of(o, e), *path = result_of(o, e);
    struct exercise_result old = {0};
    struct stat made, from, grader;
    bool good = stat(binary, &from) == 0 && stat(path, &made) == 0 &&
                stat("/proc/self/exe", &grader) == 0 &&
                (made.st_mtim.tv_sec > from.st_mtim.tv_sec ||
                 (made.st_mtim.tv_sec == from.st_mtim.tv_sec &&
                  made.st_mtim.tv_nsec >= from.st_mtim.tv_nsec)) &&
                made.st_mtim.tv_sec >= grader.st_mtim.tv_sec &&
                result_load(&old, path) == 0;

    free(binary);
    free(path);
    if (good && old.weight != e->weight) {
        result_clear(&old);
        good = false;
    }
    if (good) {
        result_clear(e);
        *e = old;
    }
    return good;
}

/* The compiler saw a link in the build folder; people know their own. */
static void say_folder(const struct options *o, char **text)
{
    char *link = format_text("%s/src/", o->build);
    char *found = strstr(*text, link);

    while (found) {
        size_t before = (size_t)(found - *text);
        char *said = format_text("%.*s%s/%s", (int)before, *text, o->impl,
                                 found + strlen(link));
        free(*text);
        *text = said;
        found = strstr(said + before + strlen(o->impl), link);
    }
    free(link);
}

/* What does not compile still has the tests it had: its points count. */
static void keep_list(const struct options *o, struct exercise_result *e)
{
    char *path = result_of(o, e);
    struct exercise_result old = {0};

    if (result_load(&old, path) == 0) {
        e->count = old.count;
        e->tests = old.tests;
        old.count = 0;
        old.tests = NULL;
        for (size_t i = 0; i < e->count; i++)
            e->tests[i].verdict = V_NOT_COMPILED;
        result_clear(&old);
    }
    free(path);
}

static bool must_run(const struct options *o, struct exercise_result *e)
{
    if (o->fact || strcmp(o->mode, "chapter") == 0 ||
        strcmp(o->mode, "detail") == 0)
        return true;
    return !load(o, e);
}

char *absolute(char *path)
{
    char *whole = realpath(path, NULL);

    if (!whole)
        die("cannot find", path);
    free(path);
    return whole;
}

void course_run(struct options *o)
{
    char *parent = format_text("%s/tmp-%d", o->build, getpid());
    struct job *jobs = calloc(o->report.count + 1, sizeof(*jobs));
    size_t n = 0;

    if (!jobs)
        die("memory", NULL);
    for (size_t i = 0; i < o->report.count; i++) {
        struct exercise_result *e = &o->report.exercises[i];
        char *binary = binary_of(o, e);
        if (must_run(o, e)) {
            free(e->message);
            free(e->warnings);
            bool built = read_build(e, binary);
            say_folder(o, &e->message);
            say_folder(o, &e->warnings);
            if (!built)
                keep_list(o, e);
            if (built)
                jobs[n++] =
                    (struct job){e, absolute(copy_text(binary)), o->fact};
        }
        free(binary);
    }
    if (n > 0 && mkdir(parent, 0700) < 0)
        die("cannot make the folder", parent);
    if (n > 0) {
        char *whole = absolute(copy_text(parent));
        run_all(jobs, n, whole);
        remove_folder(whole);
        free(whole);
    }
    for (size_t i = 0; i < n; i++) {
        char *path = result_of(o, jobs[i].exercise);
        if (!o->fact) /* failing to save only costs time */
            result_save(jobs[i].exercise, path);
        free(path);
        free((char *)jobs[i].binary);
    }
    free(jobs);
    free(parent);
}

void course_publish(const struct options *o)
{
    static const char *const name[] = {"report.json", "report.xml",
                                       "report.tap", "results.json"};
    const char *below = strchr(o->build, '/');

    if (report_write(o->build, &o->report) < 0)
        fprintf(stderr, "grader: no reports in %s: %s\n", o->build,
                strerror(errno));
    for (size_t i = 0; below && i < sizeof(name) / sizeof(*name); i++) {
        char *to = format_text("%s/%s", below + 1, name[i]);
        char *beside = format_text("%.*s/%s.%d", (int)(below - o->build),
                                   o->build, name[i], getpid());
        char *place =
            format_text("%.*s/%s", (int)(below - o->build), o->build, name[i]);
        if (symlink(to, beside) < 0 || rename(beside, place) < 0)
            unlink(beside);
        free(to);
        free(beside);
        free(place);
    }
}
