/*
 * trace.h — one test, or one program of a text, told as a story.
 */
#ifndef TRACE_H
#define TRACE_H

#include "course.h"

/* `make family.trace` and `make family.log`: o->mode is "trace" or "log", the
 * exercise has been graded. fact: NULL for the first failing one. The status
 * to leave with. */
int trace_exercise(const struct options *, const struct exercise_result *,
                   const char *fact);

/* One fact of a binary on stdout: "page", "log", "map", "lanes",
 * "steady" (JSON); NULL: JSON by the clock. */
int trace_binary(const char *binary, const char *fact, const char *how);

/* A small program of a text; how: "trace" writes the page to `path`, "log"
 * prints the log. */
int trace_program(const char *how, const char *binary, const char *path);

/* Its pictures for the text: PREFIX.map.svg … of those named in `which`. */
int trace_pictures(const char *binary, const char *prefix, const char *which);

#endif
