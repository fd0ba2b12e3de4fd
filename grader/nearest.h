/*
 * nearest.h — what a misspelt name was meant to be.
 */
#ifndef NEAREST_H
#define NEAREST_H

#include <stdio.h>

/* Says that there is no such name, and which of the names come nearest, three
 * at most. */
void nearest(FILE *out, const char *name, char *const names[], size_t count);

/* How many letters to insert, drop, change or swap with their neighbour to
 * make one of the other (optimal string alignment). */
size_t nearest_distance(const char *a, const char *b);

#endif
