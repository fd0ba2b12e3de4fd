/*
 * family — run n functions at once, each in a child process of its own.
 *
 * family(n, work, status) starts n children, all at the same time. Child i
 * calls work(i) and leaves with _exit and what work returned as its exit
 * status. The caller waits for exactly these children: one it had before is
 * neither waited for nor reaped. A signal that interrupts a wait does not
 * end it.
 *
 * n        number of children, 0 or more.
 * work     called once in each child, with 0 … n-1.
 * status   n ints. status[i] tells how child i ended: 0–255, its exit
 *          status, or 128 + the number of the signal that killed it.
 *
 * Returns  0, or -1 with errno:
 *          EINVAL   n is negative.
 *          EAGAIN, ENOMEM …   fork failed, and errno is fork's. The children
 *          already started have been killed and reaped.
 *
 * Processes    none that family started is left when it returns.
 * Descriptors  none.
 *
 * See also fork(2), waitpid(2), _exit(2), signal(7).
 */
#ifndef FAMILY_H
#define FAMILY_H

int family(int n, int (*work)(int index), int status[]);

#endif
