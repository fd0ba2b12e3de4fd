/*
 * calls_shape.h — what the arguments of a call are, for the logbook.
 */
#ifndef CALLS_SHAPE_H
#define CALLS_SHAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "calls.h"

/* "(pid_t, int *, int)": the types of its arguments; pointers hold a '*'. */
const char *call_shape(enum sea_call);

/* Does the word stand in the first so many bytes of the text? */
bool call_has_word(const char *text, size_t length, const char *word);

bool call_takes_fd(enum sea_call);      /* its first argument is a descriptor */
bool call_gives_fd(enum sea_call);      /* its result is a descriptor */
bool call_makes_process(enum sea_call); /* fork, posix_spawn and the like */
bool call_moves_bytes(enum sea_call);   /* read, send … */
bool call_is_read(enum sea_call);       /* of these: read, recv … */
bool call_is_exec(enum sea_call);
bool call_returns_error(enum sea_call); /* the number itself, not -1 */
bool call_is_minor(enum sea_call);      /* memory and clocks */

#endif
