/*
 * logbook.h — every redirected call of every process of a test.
 *
 * The sea begins an entry when a call is made and ends it when it returns;
 * both may happen in different processes at once, in any order.
 */
#ifndef LOGBOOK_H
#define LOGBOOK_H

#include <stdbool.h>
#include <stdio.h>

#include "page.h"

/* The page of this process: the grader's, or one of its own. */
extern struct page *page;
void page_open(void);

/* This process's place in page->proc; it is entered there at first use. */
int logbook_self(void);

/* Enter a child under its name: the ordinal-th of parent (an index). */
int logbook_enter(pid_t pid, int parent, int ordinal);

/* Forget all processes but this one, and all events. */
void logbook_clear(void);

struct page_event *logbook_begin(enum sea_call, const long arg[6],
                                 uintptr_t pc);
void logbook_end(struct page_event *, long result, int error);

/* Note the pipes and sockets that are open in this process now. */
void logbook_holds(void);

/* One event as a line: "child 1  read(fd 3 pipe A) = 5   family.c:31". */
struct places {
    /* "family.c:31" for a return address; NULL: no places are shown. */
    const char *(*find)(const char *binary, unsigned long pc);
    const char *binary;
};
void logbook_line(FILE *, const struct page *, const struct page_event *,
                  const struct places *);

/* The arguments of syscall(SYS_futex, …) in such a line. */
void logbook_futex(FILE *, const struct page_event *);

/* Its nth argument, "PROT_READ | PROT_WRITE"; false: it has no such name. */
bool logbook_flags(FILE *, const struct page_event *, int n);

/* "EPOLLIN | EPOLLET". */
void logbook_events(FILE *, uint32_t);

/* The last events that matter, oldest first, under a heading. */
void logbook_tail(FILE *, const struct page *, int lines,
                  const struct places *);

#endif
