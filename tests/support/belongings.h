/*
 * belongings.h — what the learner's code owns in this process.
 *
 * The wrappers report memory, mappings and names as they come and go;
 * leftovers.c asks what is left. A table per process: fork copies it, so that
 * a child starts with what its parent had.
 */
#ifndef BELONGINGS_H
#define BELONGINGS_H

#include <stddef.h>
#include <stdint.h>

struct page_event;

/* memory_returned gives the size it had. */
void memory_gained(void *, size_t, const struct page_event *);
size_t memory_returned(uintptr_t);
void mapping_made(uintptr_t, size_t, const struct page_event *);
void mapping_removed(uintptr_t, size_t);

/* A name that outlives processes: kind is "file", "shared memory", "message
 * queue", "semaphore", or one of SysV's. Shared by all processes. */
void name_made(const char *kind, const char *name);
void name_removed(const char *kind, const char *name);

/* "17", for the kinds that have numbers. */
const char *id_text(int id);

/* Forget everything, at the beginning of a run. */
void belongings_clear(void);

/* What is left, for one sentence: NULL when there is nothing. The place is
 * the return address of the call that made it. */
struct leftover {
    const char *what;
    size_t count, bytes;
    uintptr_t pc;
};
struct leftover memory_left(void);
struct leftover mappings_left(void);

/* The next name that still exists, from *i on; NULL at the end. */
const char *name_left(int *i, const char **kind);

#endif
