/*
 * pipeline — what the shell does for a | b | c.
 *
 * pipeline(argv, n, in, out, status) starts n programs, all at the same
 * time, argv[i][0] found on PATH. The first reads from in, each next one from
 * what the one before it writes, the last writes to out; standard error is
 * the caller's. It returns when all of them have ended. No stage has an end
 * of another stage's pipe, and none inherits an ignored SIGPIPE. A signal that
 * interrupts a wait does not end it.
 *
 * argv     n argument lists, each a program's name at least, ended by NULL.
 * in, out  descriptors of the caller, any numbers, perhaps the same.
 * status   n ints. status[i] tells how stage i ended: 0–255, its exit
 *          status, or 128 + the number of the signal that killed it.
 *
 * Returns  0, whatever the statuses, or -1 with errno:
 *          EINVAL   n is less than 1.
 *          ENOENT, EACCES …   a stage could not be started: exec's reason.
 *          EMFILE, EAGAIN …   pipe's or fork's.
 *          The stages already started have been killed and reaped.
 *
 * Processes    none that pipeline started is left when it returns; no other
 *              child of the caller is waited for.
 * Descriptors  in and out stay open, and the caller's; all others are closed.
 *
 * See also pipe(2), dup2(2), execvp(3), waitpid(2), signal(7).
 */
#ifndef PIPELINE_H
#define PIPELINE_H

int pipeline(char *const *const argv[], int n, int in, int out, int status[]);

#endif
