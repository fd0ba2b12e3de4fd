/*
 * words.h — the grader's words, in English and in Chinese.
 *
 * As with gettext the English phrase is the key, so the code stays readable
 * and a phrase without a translation comes out in English. Both have the
 * same conversions in the same order; a test looks.
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "result.h"

/* The phrase in the language of the reader. */
const char *words(bool chinese, const char *english)
    __attribute__((format_arg(2)));

/* What a process is in, as story.h's lane.plight has it. To be freed. */
char *words_plight(bool chinese, const char *english);

/* The nth pair, for the test; false when there is no nth. */
bool words_pair(size_t n, const char **english, const char **chinese);

/* LC_ALL, LC_MESSAGES or LANG, the first that is set, begins with zh. */
bool words_chinese(void);

/* "1 islands" or "1 岛屿" for "1_islands". To be freed. */
char *words_chapter(bool chinese, const char *chapter);

/* "make family", or "make IMPL=solutions family". To be freed. */
char *words_make(const char *impl, const char *target);

#endif
