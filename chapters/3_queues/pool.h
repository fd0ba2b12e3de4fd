/*
 * pool — multiprocessing.Pool.map in C.
 *
 * pool_map calls fn once for each of n jobs, in child processes, at most
 * `workers` of them alive at any time, and waits until all is done. A job
 * goes to whichever worker is free next, so that a slow one holds up nobody
 * else. Job i reads the in_size bytes at in + i * in_size, and its result
 * becomes the out_size bytes at out + i * out_size: in the order of the
 * jobs, whoever was done first.
 *
 * A job fails when fn returns anything but 0 or its process dies. It is then
 * done once more, up to `retries` times; a dead worker is replaced. When it
 * has failed 1 + retries times, the rest is stopped.
 *
 * workers   1 or more. No more are started than there are jobs.
 * fn        fills the out_size bytes at its second argument.
 * in, out   n items each; in_size or out_size of 0 is fine. in is seen as it
 *           was when pool_map was called.
 * n         0 or more. 0 returns 0 at once, and starts nothing.
 * retries   0 or more.
 *
 * Returns  0 when every job was done, or -1 with errno:
 *          EINVAL     workers is below 1, or n or retries below 0.
 *          ECANCELED  a job has failed 1 + retries times.
 *          EAGAIN, EMFILE, ENOMEM …   fork's, pipe's, mmap's: when not one
 *                     worker can be started; also ENOMEM when n results are
 *                     more than memory holds.
 *          After an error each result in out is whole or untouched.
 *
 * Processes    none that pool_map started is left when it returns. Other
 *              children of the caller are left alone.
 * Descriptors, memory, names  none is left.
 *
 * A signal that interrupts a call does not end it.
 *
 * See also fork(2), waitpid(2), pipe(2), mmap(2), poll(2).
 */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>

int pool_map(int workers, int (*fn)(const void *in, void *out), const void *in,
             size_t in_size, void *out, size_t out_size, int n, int retries);

#endif
