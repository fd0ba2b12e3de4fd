/*
 * full_io — read and write all of it, or tell the reason why not.
 *
 * read and write may move fewer bytes than asked for. read_full and
 * write_full go on until all n bytes are moved. A signal that interrupts
 * them does not end them; where a descriptor is non-blocking and nothing can
 * be moved, they wait, asleep, until something can. The descriptor's flags
 * are as they were when they return.
 *
 * Returns
 *   read_full   n, or fewer at the end of the stream; 0: there was nothing
 *               more; -1 with errno (EBADF, EIO, EISDIR …) where an error
 *               came first. Bytes that came before an error are not lost:
 *               their number is returned, and the next call returns the
 *               rest, or the error.
 *   write_full  n, or -1 with errno: EPIPE when nobody can read any more,
 *               EBADF, ENOSPC … Where some were written before the error,
 *               it may be their number, and the next call has the error.
 *
 * n of 0 moves nothing and returns 0. Neither changes how SIGPIPE is
 * handled: where the caller ignores it, EPIPE is all that happens.
 *
 * Descriptors  stay the caller's.
 *
 * See also read(2), write(2), poll(2), pipe(7), signal(7).
 */
#ifndef FULL_IO_H
#define FULL_IO_H

#include <sys/types.h>

ssize_t read_full(int fd, void *buf, size_t n);
ssize_t write_full(int fd, const void *buf, size_t n);

#endif
