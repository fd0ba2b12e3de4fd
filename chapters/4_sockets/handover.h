/*
 * handover — pass an open descriptor on, with a word about it, and know who
 * is at the other end.
 *
 * sock is one end of a connected AF_UNIX socket, SOCK_STREAM or
 * SOCK_SEQPACKET. What is sent is one byte with the length of the tag, then
 * the tag; the descriptor travels with the first byte (SCM_RIGHTS). Python
 * does the same with
 * socket.send_fds(s, [bytes([len(tag)]) + tag], [fd]).
 *
 * fd_send sends a copy of fd, with a tag of len bytes, 0 to FD_TAG_MAX. The
 * caller keeps fd, and may close it as soon as the call returns.
 *   Returns  0, or -1 with errno:
 *            EMSGSIZE  len is above FD_TAG_MAX; nothing was sent.
 *            EBADF     fd is not open; nothing was sent.
 *            EPIPE     the peer is gone; no SIGPIPE comes.
 *            ETOOMANYREFS …   sendmsg's.
 *
 * fd_recv receives one descriptor, its tag into tag, at most cap bytes, and
 * the tag's length into *len.
 *   who      NULL, or where to write who connected to this socket, or
 *            listened for it, as the kernel noted it then: not what the peer
 *            says about itself.
 *   Returns  a new descriptor, close-on-exec, or -1 with errno:
 *            ECONNRESET  the peer has closed its end; nothing more will come.
 *            EMSGSIZE    the tag is longer than cap: the message has been
 *                        taken, its descriptor closed, and the next call
 *                        receives the next one.
 *            EPROTO      a message with no descriptor, with more than one, or
 *                        that does not keep to the format: on a stream, the
 *                        end inside it; in a packet, fewer or more bytes than
 *                        its length says. Of a message with the right bytes
 *                        everything has been taken.
 *            EMFILE      there is no room for one more descriptor; the
 *                        message is lost.
 *
 * A signal that interrupts a call does not end it. Whatever comes, and
 * whatever the call returns: no descriptor is left open but the one returned.
 *
 * See also unix(7), cmsg(3), sendmsg(2), recvmsg(2).
 */
#ifndef HANDOVER_H
#define HANDOVER_H

#include <stddef.h>
#include <sys/types.h>

enum { FD_TAG_MAX = 255 };

struct peer {
    pid_t pid;
    uid_t uid;
    gid_t gid;
};

int fd_send(int sock, int fd, const void *tag, size_t len);
int fd_recv(int sock, void *tag, size_t cap, size_t *len, struct peer *who);

#endif
