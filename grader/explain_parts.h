/*
 * explain_parts.h — what the files explain_*.c offer each other.
 */
#ifndef EXPLAIN_PARTS_H
#define EXPLAIN_PARTS_H

#include "scene.h"

/* What an actor does, for the middle of a sentence: "waits for child 1 to
 * end", "reads from pipe B". */
const char *doing(struct scene *, const struct actor *, char *buf, size_t cap);

const char *doing_asleep(const struct actor *, char *buf, size_t cap);

/* The children it waits for: "child 1", "one of its 3 children". */
const char *awaited(struct scene *, const struct actor *, char *buf,
                    size_t cap);

/* What an actor does, a line, and below it what there is to know about the
 * thing it waits for. */
void describe(FILE *, struct scene *, const struct actor *);

/* Such a line below: indented, and wrapped at 78 columns. */
void detail(FILE *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A lock, condition or semaphore somebody waits for. */
struct lock {
    const char *what; /* "semaphore", "mutex", "condition", "barrier",
                         "read-write lock", "futex" */
    bool
        process_private; /* the waiter lets nobody in other processes wake it */
    bool shared;         /* it lies in shared memory */
    bool placed;         /* `shared` is known */
    pid_t owner;         /* thread that holds it; 0: unknown or nobody */
    bool owner_gone;
};
struct lock lock_of(const struct scene *, const struct actor *);

/* The mutex that a call is to lock, perhaps when its wait is over; or 0. */
unsigned long mutex_in(const struct page_event *);

/* What poll, select or epoll_wait watches. */
struct interest {
    int fd;
    bool reading, writing;
    unsigned events; /* of epoll: with EPOLLET … */
};
enum { WATCHED = 32 };
/* Of epoll: it might be ready and would not be told of, and that cannot be
 * looked at here. */
bool may_be_missed(const struct scene *, const struct actor *,
                   const struct interest *);
int watched_by(const struct scene *, const struct actor *,
               struct interest list[WATCHED]); /* -1: unknown */

/* Does it hold the only thing it polls for, the other end, itself? */
const struct end *own_other_end(const struct scene *, const struct actor *,
                                const struct end **polled);

/* Who holds the file lock (flock, fcntl) that a waits for; 0: unknown. */
pid_t file_lock_holder(const struct actor *);

/* Who else has a's queue open for the other direction: "child 1, child 2".
 * The number of processes. */
int queue_partners(struct scene *, const struct actor *, char *buf, size_t cap);

/* Details of what a waits for, below its line. */
void about_queue(FILE *, struct scene *, const struct actor *);
void about_sysv_queue(FILE *, const struct actor *);
void about_semop(FILE *, struct scene *, const struct actor *);

/* The messages in a queue and how many it takes; false where unknown. */
bool queue_state(const struct actor *, long *messages, long *room);

/* The path that open waits on: a FIFO's. */
bool opened_path(const struct actor *, char *buf, size_t cap, bool *writing);

/* The reason, in one sentence with the remedy. */
void headline_of(FILE *, struct scene *, bool loop);

/* Where a running thread is: "family.c:31", by ptrace; "" where denied. */
const char *running_at(const struct scene *, const struct actor *);

/* Who uses CPU time without end; who sleeps and wakes up again (NULL if
 * nobody), and what to say of it. */
void spins(FILE *, struct scene *);
const struct actor *restless(const struct scene *);
void goes_on(FILE *, struct scene *, const struct actor *);

#endif
