/*
 * deadline — wait for a child, but not for ever.
 *
 * wait_deadline(leader, timeout_ms, grace_ms, wstatus) waits for the child
 * leader, which leads a process group of its own. If it has not ended
 * timeout_ms milliseconds later, SIGTERM is sent to the whole group; if
 * leader has not ended grace_ms after that, SIGKILL. Either way leader is
 * reaped, and when the call returns no process of its group is left alive:
 * whoever outlives the leader gets SIGKILL.
 *
 * Time is measured on CLOCK_MONOTONIC. A signal that interrupts the wait
 * neither ends it nor moves the deadline. Waiting costs no CPU time, and an
 * end is noticed when it happens, not at the next tick.
 *
 * leader      a child of the caller and the leader of its process group.
 * timeout_ms  -1 waits for ever, 0 stops it at once unless it has ended.
 * grace_ms    time between SIGTERM and SIGKILL, 0 or more.
 * wstatus     how leader ended, as waitpid(2) reports it; may be NULL.
 *
 * Returns  0   leader ended by itself within the time.
 *          1   it was stopped.
 *          -1 with errno:
 *          ECHILD   leader is not a child of the caller.
 *
 * Processes    leader is reaped; none of its group is left alive.
 * Descriptors  none is left open when it returns.
 * Signals      the caller's mask and dispositions are what they were.
 *
 * See also waitpid(2), pidfd_open(2), poll(2), sigtimedwait(2), kill(2),
 * clock_gettime(2), setpgid(2).
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <sys/types.h>

int wait_deadline(pid_t leader, int timeout_ms, int grace_ms, int *wstatus);

#endif
