/*
 * draft.h — write a file beside its place, then put it there.
 *
 * A reader sees the old file or the new one, whole; when the disk is full the
 * old one stays. No fsync: what a power cut takes, the next `make` writes.
 */
#ifndef DRAFT_H
#define DRAFT_H

#include <stdio.h>

struct draft {
    char *path, *beside;
    FILE *file;
};

/* The stream to write to; NULL and errno where that cannot be. */
FILE *draft_open(struct draft *, const char *path);

/* Closes and renames. -1 and errno if anything since draft_open went wrong;
 * then nothing is left but the old file. */
int draft_publish(struct draft *);

#endif
