/*
 * explain_history.h — what the logbook remembers of a lock or a queue.
 */
#ifndef EXPLAIN_HISTORY_H
#define EXPLAIN_HISTORY_H

#include "scene.h"

/* Lists of calls, ended by -1. */
extern const int locking[], signalling[], posting[], sem_waiting[],
    barrier_made[], raw_futex[], mq_sending[], mq_receiving[];

/* The latest of these calls, before that one (NULL: of all), that was about
 * this address and has come back; NULL if there is none. */
const struct page_event *history(const struct scene *,
                                 const struct page_event *before,
                                 unsigned long address, const int calls[]);

/* How many of them succeeded, on an address or through a queue. */
int times(const struct scene *, unsigned long address, const int calls[]);
int times_through(const struct scene *, const struct end *queue,
                  const int calls[]);

/* The logbook has turned: what is counted in it is not all. */
bool forgotten_events(const struct scene *);

/* "child 2 (queue.c:40)". */
const char *by(const struct scene *, const struct page_event *, char *buf,
               size_t cap);

/* The wait that collected this process, or NULL. */
const struct page_event *end_of(const struct scene *, pid_t);

#endif
