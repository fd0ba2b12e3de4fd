/*
 * tell.h — a failing schedule as a table.
 *
 * A column for each operation and a line for each step;
 * what teaches nothing is folded. Needs nothing else of this folder.
 */
#ifndef INTERLEAVE_TELL_H
#define INTERLEAVE_TELL_H

#include <stdio.h>

#include "interleave.h"

/* "queue.c:41" for a return address, or "". */
typedef const char *interleave_where(uintptr_t pc);

/* At most 76 columns. where: or NULL. chinese: the frame's words. */
void interleave_tell(FILE *, const struct interleave *,
                     const struct interleave_trace *, interleave_where *where,
                     bool chinese);

/* Is it the first step after the system took the processor from somebody who
 * could have gone on? */
bool interleave_preempts(const struct interleave_trace *, int step);

/* One step in words: "store A+8 = 1 release". */
void interleave_tell_step(char *text, size_t cap,
                          const struct interleave_step *, bool chinese);

/* where.c: of the running program itself, by addr2line; slow. Those that
 * il_find has looked up together are quick. */
const char *il_where(uintptr_t pc);
void il_find(const uintptr_t *pc, int n);

#endif
