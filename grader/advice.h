/*
 * advice.h — what to do with an exercise now.
 */
#ifndef ADVICE_H
#define ADVICE_H

#include <stdio.h>

#include "report.h"

/* For one not started: what to open, what to read. */
void advice_to_start(FILE *, struct look, const struct exercise_result *);

/* The commands that help on, by its verdict. */
void advice_what_next(FILE *, struct look, const struct exercise_result *);

/* How to see another failing test in full. */
void advice_one_fact(FILE *, struct look, const struct exercise_result *,
                     const char *fact);

#endif
