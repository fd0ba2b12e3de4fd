/*
 * text.h — text that may hold anything, made fit to be shown.
 *
 * What a learner's program prints is bytes. These functions make valid UTF-8
 * of it without a single character that could steer a terminal, break XML or
 * leave a line: control characters become their pictures (ESC is ␛), what is
 * no UTF-8 becomes U+FFFD. Every writer passes everything through here, so
 * that it has only its own format's quoting left to do.
 */
#ifndef TEXT_H
#define TEXT_H

#include <stddef.h>
#include <stdint.h>

enum { TEXT_BOUND = 16 * 1024 }; /* bytes of one text in a report */

/* The first character of s and how many bytes it takes; a byte that is no
 * UTF-8 is U+FFFD and takes one. 0 at the end. */
size_t text_next(const char *s, uint32_t *c);

/* Columns in a terminal: 2 for Chinese, 0 for what combines. */
int text_columns(uint32_t c);
int text_width(const char *s);

/* A clean copy of about `bound` bytes at most; what was cut off is told:
 * "… (10485760 bytes in all)". Newlines and tabs stay. */
char *text_clean(const char *s, size_t bound);

/* A clean copy on one line, cut to fit into `columns` with "…". */
char *text_line(const char *s, int columns);

/* The same of a test's name, which is a sentence: blanks for underscores. */
char *text_sentence(const char *name, int columns);

/* Zeroed memory; ends the program with status 2 where there is none. */
void *allocate(size_t size);

#endif
