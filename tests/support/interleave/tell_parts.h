/*
 * tell_parts.h — what the files tell*.c share.
 */
#ifndef INTERLEAVE_TELL_PARTS_H
#define INTERLEAVE_TELL_PARTS_H

#include "tell.h"

/* A line of the table: some steps of one operation. */
struct tell_item {
    enum {
        ITEM_STEP,
        ITEM_PAIR,   /* a read and the write of the same place after it */
        ITEM_RUN,    /* many of one kind in one line of the source */
        ITEM_AGAIN,  /* `times` times more the `period` items before it */
        ITEM_FOLDED, /* what teaches nothing */
        ITEM_SWITCH, /* the system takes the processor from `actor` */
    } kind;
    int actor;
    int first, count; /* steps */
    int period, times;
};

/* Items of a trace, in at most about `lines` if it can be; to be freed. */
struct tell_item *tell_fold(const struct interleave_trace *,
                            interleave_where *where, int lines, int *count);

/* "store A+8 = 1 release"; columns: what there is room for. */
void tell_item(char *text, size_t cap, const struct interleave_trace *,
               const struct tell_item *, int columns, bool chinese);
uintptr_t tell_pc(const struct interleave_trace *, const struct tell_item *);

/* Marked as what the sentence is about. That an operation is done is not
 * wrong, though the check comes after it. */
bool tell_wrong(const struct interleave_step *);

/* The frame's words. */
const char *tell_word(bool chinese, const char *english);
int tell_width(const char *utf8);
/* Ends with … where it was wider. */
void tell_cut(char *utf8, size_t cap, int columns);

#endif
