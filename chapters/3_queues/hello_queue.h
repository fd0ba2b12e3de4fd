/*
 * hello_queue — a child sends one message, its parent receives it.
 *
 * hello_queue(text, buf, cap) makes a POSIX message queue under a name that
 * no other process uses, starts one child, which sends the text as one
 * message (without its NUL) and leaves with _exit, and receives that message
 * in the caller. When it returns, the queue and its name are gone. A signal
 * that interrupts a call does not end it. Several processes may call it at
 * the same time.
 *
 * text     a string, perhaps empty: an empty message is a message.
 * buf,cap  room for cap bytes; never is more than that written. A NUL is no
 *          part of the message.
 *
 * Returns  the number of bytes received, or -1 with errno:
 *          EMSGSIZE  the text is longer than cap, or than 8192 bytes, which
 *                    is as long as a message may be by default.
 *          EMFILE, EAGAIN …   mq_open's, fork's or mq_receive's.
 *          EIO       the child did not come to its end.
 *
 * Processes    none that hello_queue started is left when it returns, also
 *              after an error.
 * Descriptors  all closed again, also after an error; close-on-exec.
 * Names        none is left in the system, also after an error.
 *
 * See also mq_overview(7), mq_open(3), mq_send(3), mq_receive(3),
 * mq_unlink(3), fork(2).
 */
#ifndef HELLO_QUEUE_H
#define HELLO_QUEUE_H

#include <sys/types.h>

ssize_t hello_queue(const char *text, char *buf, size_t cap);

#endif
