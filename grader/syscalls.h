/*
 * syscalls.h — the system calls a process can sleep in.
 *
 * Only those listed are understood; whoever sleeps in another one is not
 * proven to be stuck.
 */
#ifndef SYSCALLS_H
#define SYSCALLS_H

#include "tree.h"

enum call_kind {
    CALL_UNKNOWN,
    CALL_READ,  /* from a descriptor: pipe, socket, eventfd … */
    CALL_WRITE, /* to one */
    CALL_ACCEPT,
    CALL_CONNECT,
    CALL_OPEN, /* of a FIFO; the path is argument 0 or 1 */
    CALL_WAIT, /* for a child */
    CALL_SLEEP,
    CALL_PAUSE,   /* for any signal */
    CALL_SIGWAIT, /* for one of a set */
    CALL_FUTEX,   /* mutex, condition, semaphore */
    CALL_POLL,
    CALL_SELECT,
    CALL_EPOLL,
    CALL_FLOCK,
    CALL_FCNTL,
    CALL_MQ_RECEIVE,
    CALL_MQ_SEND,
    CALL_MSGRCV, /* System V */
    CALL_MSGSND,
    CALL_SEMOP,
    CALL_VFORK, /* the child has not yet become a program or ended */
};

/* How the call's time-out is written. */
enum call_limit {
    NO_LIMIT,
    LIMIT_MS,       /* an int; negative for ever */
    LIMIT_TIMESPEC, /* relative; a null pointer for ever */
    LIMIT_TIMEVAL,
    LIMIT_REALTIME, /* absolute */
    LIMIT_BY_CLOCK, /* clock_nanosleep: clock and TIMER_ABSTIME say it */
    LIMIT_BY_FUTEX, /* by the operation */
    LIMIT_UNKNOWN,
};

struct call_info {
    long number;
    const char *name;
    enum call_kind kind;
    enum call_limit limit;
    int limit_arg;
};

/* NULL for a call not in the list. */
const struct call_info *call_info(long number);

/* poll with nothing to poll is pause, fcntl waits only in some commands. */
enum call_kind call_kind(const struct task *);

/* Seconds until the call gives up: INFINITY for never, -1 where unknown. */
double call_limit(const struct task *);

#endif
