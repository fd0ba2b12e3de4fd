/*
 * course.h — one run of the grader over the course, or a part of it.
 */
#ifndef COURSE_H
#define COURSE_H

#include "result.h"

struct options {
    const char *impl, *build, *mode, *fact, *schedule;
    struct report report;
};

/* Run what has to be run; the rest is loaded from earlier results. */
void course_run(struct options *);

/* Write the reports. build/report.json and its sisters are always those of
 * the last run. */
void course_publish(const struct options *);

/* "grader: WHAT NAME: reason", and status 2. */
_Noreturn void die(const char *what, const char *name);
char *absolute(char *path);

#endif
