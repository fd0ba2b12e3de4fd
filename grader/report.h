/*
 * report.h — the writers.
 *
 * Each writes the whole report to a stream. report_write puts report.json,
 * report.xml (JUnit), report.tap (TAP 13) and results.json (Gradescope) into
 * a folder, each to a temporary file first and then renamed; -1 and errno
 * when one could not be written, and then the old one is still there.
 * Hostile text (control characters, "]]>", invalid UTF-8, megabytes) comes
 * out as valid UTF-8, shortened, and breaks none of the formats.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdio.h>

#include "result.h"

void json_write(FILE *, const struct report *);
void junit_write(FILE *, const struct report *);
void tap_write(FILE *, const struct report *);
void gradescope_write(FILE *, const struct report *);
int report_write(const char *folder, const struct report *);

/* Whether exercise n is the first of its chapter. */
bool report_opens_chapter(const struct report *, size_t n);

/* How the map looks: colour and language come from the environment. */
struct look {
    bool colour;        /* a tty, and NO_COLOR unset */
    bool chinese;       /* LC_ALL, LC_MESSAGES or LANG begins with zh */
    int width;          /* columns, 80 where unknown */
    const char *report; /* where report.json went, for the map; or NULL */
};
struct look look_from_environment(FILE *);

/* The map of the course: chapters, exercises, points, what is next. */
void map_write(FILE *, const struct report *, struct look);

/* One exercise in full: each test, and the explanation of the first ones
 * that failed, not more than a screen. */
void detail_write(FILE *, const struct exercise_result *, struct look);

#endif
