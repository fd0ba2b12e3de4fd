/*
 * look.h — what the map and the detail have in common: colours, marks, bars.
 *
 * Meaning never hangs on colour alone: each mark is a character of its own.
 */
#ifndef LOOK_H
#define LOOK_H

#include <stdio.h>

#include "report.h"

enum ink { PLAIN, BOLD, DIM, GREEN, RED, YELLOW };

/* Writes text in that ink, padded with blanks to that many columns. */
void look_put(FILE *, struct look, enum ink, const char *text, int columns);

/* The verdict's mark: ✓ ✗ · ! and the ink it is in. */
const char *look_mark(enum verdict);
enum ink look_ink(enum verdict);
void look_put_mark(FILE *, struct look, enum verdict);

/* A bar of that many columns, points.got of points.max of it strong. */
void look_put_bar(FILE *, struct look, struct points, int columns);

/* The exercise's verdict as people see it: what kind of failure came first. */
enum verdict look_verdict(const struct exercise_result *);

/* The test to tell of first: the first failing one that is about written code,
 * or the grader's own fault, where that is the verdict. NULL if all passed. */
const struct test_result *look_first(const struct exercise_result *);

/* A test that is unstarted reads so, whatever its check said. */
enum verdict look_test_verdict(const struct test_result *);

#endif
