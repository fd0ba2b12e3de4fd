/*
 * hello_socket — a child connects and sends a text, its parent receives it.
 *
 * hello_socket(path, text, buf, cap) makes a stream socket that listens at
 * path, starts one child, which connects to path, sends the text (without its
 * NUL) and leaves with _exit, and receives in the caller everything up to the
 * end of the stream. When it returns, path is gone again. A signal that
 * interrupts a call does not end it. Several processes may call it at the
 * same time, each with a path of its own.
 *
 * path     where nothing is yet; at most 107 bytes.
 * text     a string, perhaps empty, of any length.
 * buf,cap  room for cap bytes; never is more than that written. A NUL is no
 *          part of what is received.
 *
 * Returns  the number of bytes received, or -1 with errno:
 *          EMSGSIZE      the text is longer than cap.
 *          ENAMETOOLONG  path is longer than 107 bytes; nothing is made, and
 *                        no other path either.
 *          EADDRINUSE    something is at path; it is left alone.
 *          ENOENT, EACCES, EMFILE, EAGAIN …   bind's, socket's, fork's.
 *          EIO           the child did not come to its end.
 *
 * Processes    none that hello_socket started is left when it returns, also
 *              after an error.
 * Descriptors  all closed again, also after an error; close-on-exec.
 * Names        path is removed, also after an error, if it was made here.
 *
 * See also unix(7), socket(2), bind(2), listen(2), accept(2), connect(2).
 */
#ifndef HELLO_SOCKET_H
#define HELLO_SOCKET_H

#include <sys/types.h>

ssize_t hello_socket(const char *path, const char *text, char *buf, size_t cap);

#endif
