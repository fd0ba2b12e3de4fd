/*
 * letterbox — a named pipe that anyone who may can post lines to.
 *
 * letterbox_open makes a FIFO at path with mode 0600, whatever the umask, or
 * takes over the one that an earlier owner left there, and opens it. It does
 * not wait for a writer.
 *   Returns  a descriptor, close-on-exec, or -1 with errno:
 *            EEXIST   something else is at path: a file, a directory, a
 *                     symbolic link, somebody else's FIFO. It is left alone.
 *            ENOENT, EACCES …   mkfifo's or open's.
 *
 * letterbox_post posts one line (a string without a newline). It arrives
 * whole, however many post at once. It does not wait for somebody to open
 * the box; while the box is full, it waits.
 *   Returns  0, or -1 with errno:
 *            EMSGSIZE  the line and its newline are longer than PIPE_BUF.
 *            ENXIO     nobody has the box open.
 *            EINVAL    path is not a FIFO; nothing was written to it.
 *            ENOENT, EACCES …   open's; EPIPE, when the owner has just left
 *                      (the caller ignores SIGPIPE).
 *
 * letterbox_next takes the next line, without its newline, into line, where
 * cap bytes are, and ends it with NUL. While there is none it waits, asleep,
 * also when the last writer has left: the box has no end.
 *   Returns  the line's length, perhaps 0, or -1 with errno:
 *            ETIMEDOUT  no line within timeout_ms (-1 waits for ever, 0 does
 *                       not wait).
 *            EMSGSIZE   the line does not fit; it has been skipped.
 *
 * A signal that interrupts a call neither ends it nor stretches its deadline.
 *
 * Descriptors  the caller closes the box; the path stays until somebody
 *              removes it with unlink.
 *
 * See also mkfifo(3), fifo(7), pipe(7), open(2), poll(2).
 */
#ifndef LETTERBOX_H
#define LETTERBOX_H

#include <sys/types.h>

int letterbox_open(const char *path);
int letterbox_post(const char *path, const char *line);
ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms);

#endif
