/*
 * conn — two connected ends, as multiprocessing.Pipe() makes them.
 *
 * conn_pair makes two ends. With duplex, both send and receive; without, a
 * only receives and b only sends. After a fork each process keeps one end
 * and closes its copy of the other.
 *
 * Messages arrive whole and in order, from 0 bytes to CONN_MAX. Sending
 * waits while the bridge is full: two processes that both send much before
 * they receive wait for each other for ever. Whoever receives what conn_poll
 * says is there, before sending each next message of a few KiB, is safe.
 * A signal that interrupts a call neither ends it nor stretches its deadline.
 *
 * Returns
 *   conn_pair   0, or -1 with errno (EMFILE …), and nothing is left open.
 *   conn_send   0, or -1 with errno: EMSGSIZE above CONN_MAX (nothing was
 *               sent), EBADF on an end that only receives, EPIPE when the
 *               peer is gone (the caller ignores SIGPIPE).
 *   conn_recv   1: a message is in buf, its length in *len; 0: the peer has
 *               closed its end, or has died, and everything sent was
 *               received; -1 with errno: EMSGSIZE for a message longer than
 *               cap, which is skipped; EBADF on an end that only sends;
 *               EPROTO when the peer died in the middle of a message.
 *   conn_poll   1: conn_recv will find a message, or the end; 0: not within
 *               timeout_ms (-1 waits for ever, 0 does not wait); -1 with
 *               errno: EBADF on an end that only sends.
 *
 * conn_close closes the end; once more does nothing.
 *
 * Descriptors  of an end belong to it until conn_close; close-on-exec.
 *
 * See also pipe(2), socketpair(2), unix(7), poll(2).
 */
#ifndef CONN_H
#define CONN_H

#include <stdbool.h>
#include <stddef.h>

enum { CONN_MAX = 1 << 20 };

struct conn {
    int in;  /* receives; -1: this end only sends, or is closed */
    int out; /* sends; -1: this end only receives; may be the same as in */
};

int conn_pair(struct conn *a, struct conn *b, bool duplex);
int conn_send(struct conn *conn, const void *msg, size_t len);
int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len);
int conn_poll(struct conn *conn, int timeout_ms);
void conn_close(struct conn *conn);

#endif
