/*
 * frame — messages on a stream.
 *
 * A frame is the length of a message and then the message: 4 bytes, a signed
 * number, most significant byte first, as Python's Connection.send_bytes
 * puts it on a pipe or socket. Both functions move whole frames, however the
 * stream cuts them up; a signal that interrupts them does not end them.
 *
 * frame_send sends one message of len bytes, 0 included. Frames of at most
 * PIPE_BUF bytes, the length counted, arrive whole on a pipe that many
 * processes write to at once.
 *
 *   Returns  0, or -1 with errno:
 *            EMSGSIZE  len is above 0x7fffffff; nothing was sent.
 *            EPIPE, EBADF …   write's.
 *
 * frame_recv receives one message into buf, at most cap bytes, and its
 * length into *len. Nothing is read beyond the frame.
 *
 *   Returns  1: a message, perhaps of 0 bytes.
 *            0: the stream has ended between two frames.
 *            -1 with errno:
 *            EMSGSIZE  the message is longer than cap. It has been skipped,
 *                      the next call receives the next one.
 *            EPROTO    the stream ended inside a frame, or the length is
 *                      negative; the stream is of no further use.
 *            EBADF, EIO …   read's.
 *
 * Descriptors  stay the caller's. Memory: none is kept.
 *
 * See also read(2), write(2), pipe(7), byteorder(3).
 */
#ifndef FRAME_H
#define FRAME_H

#include <stddef.h>

int frame_send(int fd, const void *msg, size_t len);
int frame_recv(int fd, void *buf, size_t cap, size_t *len);

#endif
