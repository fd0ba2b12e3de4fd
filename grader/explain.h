/*
 * explain.h — why nobody moves.
 *
 * Writes to `out`, for a person: first one sentence a teacher would say (it
 * is also put into `headline`), then a line for each process of the tree by
 * its role: the call it is in, on which descriptor, of which pipe, socket or
 * queue, who holds the other end, and the learner's file:line. Works from
 * /proc and the logbook, without ptrace where that is denied, and says so
 * where it could not look.
 */
#ifndef EXPLAIN_H
#define EXPLAIN_H

#include <stdbool.h>
#include <stdio.h>

#include "tree.h"

struct page;

/* `binary` is the test binary, for file:line. `loop` is true when the test
 * was ended for using CPU time without end rather than for standing still. */
void explain(FILE *out, char *headline, size_t cap, const struct tree *,
             const struct page *, const char *binary, bool loop);

/*
 * "family.c:31" for a return address in the learner's code; "" if unknown.
 * Uses addr2line; answers are kept, so that asking again is cheap.
 */
const char *source_line(const char *binary, unsigned long pc);

#endif
