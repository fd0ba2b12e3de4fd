/*
 * supervise — keep n workers running, and start again what falls over.
 *
 * supervise(n, work, max_restarts, restarts) runs work(0) … work(n-1), each
 * in a child of its own. A worker that returns 0 has done its slot well. One
 * that returns anything else, or is killed by a signal, is started again in
 * its own slot, at most max_restarts times for all slots together.
 *
 * If the caller gets SIGTERM or SIGINT meanwhile, every running worker is
 * sent the same signal and all are reaped, however long one takes to end;
 * nothing is started any more.
 *
 * Workers start with the caller's signal mask and dispositions as they were
 * when supervise was called, and leave with _exit.
 *
 * n             number of slots, 0 or more.
 * work          called in the child with the number of its slot, 0 … n-1.
 * max_restarts  0 or more, for all slots together.
 * restarts      n ints: restarts[i] counts the restarts of slot i.
 *
 * Returns  0   every slot ended well.
 *          1   SIGTERM or SIGINT came; the workers were told and reaped.
 *          -1 with errno:
 *          ECANCELED  a worker failed and no restart was left; the others
 *                     were stopped (SIGTERM) and reaped.
 *          EINVAL     n or max_restarts is negative.
 *          EAGAIN, ENOMEM …  fork failed; the workers were stopped and
 *                     reaped.
 *
 * Processes    none that supervise started is left when it returns; children
 *              it did not start are neither waited for nor reaped.
 * Signals      the caller's mask and dispositions are what they were when
 *              it returns; a handler that runs meanwhile leaves errno as it
 *              found it.
 *
 * See also sigaction(2), sigprocmask(2), sigsuspend(2), signalfd(2),
 * sigtimedwait(2), waitpid(2), signal-safety(7).
 */
#ifndef SUPERVISE_H
#define SUPERVISE_H

int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[]);

#endif
