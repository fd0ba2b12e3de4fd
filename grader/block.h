/*
 * block.h — text in lines, indented and folded.
 */
#ifndef BLOCK_H
#define BLOCK_H

#include <stdio.h>

#include "look.h"
#include "report.h"

enum { BLOCK_INDENT = 4 };

/* The columns there are, at least 80. */
int block_width(struct look);

/* The text, clean, at most so many lines of it, and then how many more there
 * are. Returns how many lines that were. */
int block_put(FILE *, struct look, const char *text, int most);
int block_put_in(FILE *, struct look, enum ink, const char *text, int most);

#endif
