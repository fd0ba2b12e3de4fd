/*
 * result.h — the one result model: what came of each test.
 *
 * run.c fills it, result.c saves it beside the test binary and reads it
 * again, and the writers (map.c, json.c, junit.c, tap.c, gradescope.c) turn
 * it into what people and machines read. All strings are owned by the
 * result, are never NULL, and may hold anything a learner's program printed,
 * NUL excepted.
 */
#ifndef RESULT_H
#define RESULT_H

#include <stdbool.h>
#include <stddef.h>

enum verdict {
    V_PASSED,
    V_FAILED,      /* a check did not hold */
    V_CRASHED,     /* a signal, or a sanitizer's report */
    V_HUNG,        /* nobody could move any more, or a loop without end */
    V_LEFT_BEHIND, /* processes that outlived the test */
    V_NOT_COMPILED,
    V_NOT_STARTED, /* still the skeleton: ENOSYS everywhere */
    V_MISSING,     /* the folder has no such file */
    V_SKIPPED,
    V_GRADER_FAULT, /* ours, never the learner's: no zero for it */
    V_COUNT
};

/* "passed", "left behind": the same word in every report. */
const char *verdict_word(enum verdict);

struct test_result {
    char *name;
    enum verdict verdict;
    bool unstarted; /* failed because the function said ENOSYS */
    char *headline; /* one sentence: what is wrong and what to do */
    char *message;  /* the whole explanation, at most a screen, no colours */
    char *output;   /* what the test and the learner's code printed, bounded */
    char *proved;   /* lines: how many orders were tried, and all held; or "" */
    char *schedule; /* the one that fails, as a JSON object; or "" */
    double seconds;
};

struct exercise_result {
    char *chapter; /* "1_islands" */
    char *stem;    /* "family" */
    char *source;  /* "chapters/1_islands/family.c", as people would type it */
    int weight;    /* points a test is worth */
    enum verdict verdict; /* the exercise as a whole; see exercise_judge */
    char *message;  /* the compiler's first error, where that is the verdict */
    char *warnings; /* what the compiler said of code that compiled */
    size_t count;
    struct test_result *tests;
};

struct report {
    char *impl; /* "chapters", or the folder given as IMPL */
    size_t count;
    struct exercise_result *exercises; /* in the order of the course */
};

/* The exercise's verdict from its tests': passed, not started (every test
 * failed so), skipped (all were), grader's fault (any), else failed. */
void exercise_judge(struct exercise_result *);

/* Points: tests passed (skipped ones count neither way) times weight. A
 * grader's fault counts neither way. max of an exercise that did not compile
 * is as in its last known list of tests, or weight if there is none. */
struct points {
    int got, max;
};
struct points exercise_points(const struct exercise_result *);
struct points report_points(const struct report *, const char *chapter);

/* Save and load one exercise. The file is written beside and renamed. Load
 * fails (-1, errno) on anything unexpected, and then the tests run again. */
int result_save(const struct exercise_result *, const char *path);
int result_load(struct exercise_result *, const char *path);
void result_clear(struct exercise_result *);
void test_clear(struct test_result *);
void report_clear(struct report *);

/* A copy that is never NULL; ends the program with status 2 without memory. */
char *copy_text(const char *);
char *format_text(const char *, ...) __attribute__((format(printf, 1, 2)));

#endif
