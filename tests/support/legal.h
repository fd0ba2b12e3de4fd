/*
 * legal.h — what the kernel could do to a call, at this moment.
 *
 * The sea asks before it injects anything, so that no right answer is failed
 * by something that cannot happen. "Could" is meant from the caller's side:
 * EINTR for a read is fair even if the bytes have just arrived, since the
 * caller cannot tell a signal a moment ago from one now. It is not fair where
 * the caller may know that the call cannot sleep, say because poll said so.
 * legal_learnt() keeps that in mind.
 *
 * All of it is async-signal-safe, keeps errno and works in a vfork child.
 */
#ifndef LEGAL_H
#define LEGAL_H

#include <stdbool.h>
#include <stddef.h>

#include "calls.h"

/* The faults worth trying on a call, ended by 0: errno numbers,
 * SEA_SHORT_COUNT. */
const int *legal_faults(enum sea_call);

/* Which family of sea.h's enum sea_faults a fault belongs to. */
int legal_kind(int fault);

/* Could the kernel do this to this very call, now? arg: the call's (up to 6)
 * arguments as longs; syscall's number is arg[0]. */
bool legal(enum sea_call, const long arg[], int fault);

/*
 * How many bytes may a read or write be cut down to? 0 if it may not be cut.
 * Never less than PIPE_BUF on a pipe: what was written with one write of up
 * to PIPE_BUF bytes never arrives in two pieces.
 */
size_t legal_short(enum sea_call, const long arg[]);

/* What the kernel also leaves behind with this fault: nanosleep's remaining
 * time. Call it when the fault has been decided on. */
void legal_traces(enum sea_call, const long arg[], int fault);

/* A call has succeeded: what may its caller know from now on? And forget it
 * all, when a new scenario begins. */
void legal_learnt(enum sea_call, const long arg[]);
void legal_forget(void);

#endif
