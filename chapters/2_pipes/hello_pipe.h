/*
 * hello_pipe — a child speaks, its parent listens to the end.
 *
 * hello_pipe(words, n, buf, cap) starts one child, which writes the n words
 * into a pipe, each followed by a newline, and leaves with _exit. The caller
 * reads until the end of the stream: a text may be longer than a pipe holds.
 * A signal that interrupts a call does not end it.
 *
 * words    n strings, sent in this order; n of 0 is an empty text.
 * buf,cap  room for cap bytes; never is more than that written. A NUL is
 *          no part of the text.
 *
 * Returns  the number of bytes received, or -1 with errno:
 *          EINVAL    n is negative.
 *          EMSGSIZE  the text is longer than cap.
 *          EMFILE, EAGAIN …   pipe's, fork's or read's.
 *          EIO       the child did not come to its end.
 *
 * Processes    none that hello_pipe started is left when it returns, also
 *              after an error.
 * Descriptors  all closed again, also after an error; close-on-exec.
 *
 * See also pipe(2), pipe(7), fork(2), read(2), waitpid(2).
 */
#ifndef HELLO_PIPE_H
#define HELLO_PIPE_H

#include <sys/types.h>

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap);

#endif
