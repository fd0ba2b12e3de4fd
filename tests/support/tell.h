/*
 * tell.h — a failed test in the words of a teacher.
 */
#ifndef TELL_H
#define TELL_H

#include <stdio.h>

#include "logbook.h"

/* The one sentence: why the test failed and what to do. */
void tell_headline(FILE *, const struct page *, const struct places *);

/* The story around it: steps, expected and came, the sea, the last calls,
 * where to read. At most about a screen. */
void tell_story(FILE *, const struct page *, const struct places *);

/* Both. */
void tell(FILE *, const struct page *, const struct places *);

/* The page's schedule as the library has it, with its names; or NULL. To be
 * freed, before the page. */
struct interleave_trace *tell_trace(const struct page_schedule *,
                                    struct interleave *world);

#endif
