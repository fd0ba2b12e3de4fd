/*
 * mailbox — messages with two priorities and a deadline.
 *
 * mailbox_open makes a POSIX message queue for `capacity` messages of up to
 * `message_size` bytes each, or opens the one that is there already.
 *   name     begins with '/' and has no other.
 *   mode     of a new one is 0600, less what the umask takes away.
 *   Returns  a descriptor, close-on-exec, for sending and receiving, or
 *            (mqd_t)-1 with errno:
 *            EEXIST   a queue of that name is there, and has another
 *                     capacity or another message size. It is left alone.
 *            EINVAL   capacity or message_size is below 1 or above what the
 *                     system allows (by default 10 and 8192).
 *            EACCES, EMFILE, ENOSPC …   mq_open's.
 *
 * mailbox_send puts one message of len bytes, perhaps 0, into it; while it
 * is full, it waits.
 *   urgent   the message overtakes all that are not urgent, and no urgent
 *            one. Equals are received in the order they were sent.
 *   Returns  0, or -1 with errno:
 *            EMSGSIZE   len is more than message_size.
 *            ETIMEDOUT  it stayed full for timeout_ms.
 *
 * mailbox_recv takes the first message into buf; while there is none, it
 * waits.
 *   cap      may be smaller than message_size.
 *   Returns  the number of its bytes, perhaps 0, or -1 with errno:
 *            EMSGSIZE   it is longer than cap. It has been taken out, so
 *                       that the next call gets the next message; not one
 *                       byte of buf has changed.
 *            ETIMEDOUT  none came within timeout_ms.
 *
 * mailbox_remove removes the name; who has the mailbox open, may use it on.
 *   Returns  0, or -1 with errno: ENOENT, EACCES.
 *
 * timeout_ms  -1 waits for ever, 0 does not wait, otherwise milliseconds by
 *             a clock that nobody steps (CLOCK_MONOTONIC). Waiting is done
 *             asleep, until there is something to do. A signal that
 *             interrupts a call neither ends it nor stretches its deadline.
 *
 * Descriptors  the caller closes them with mq_close.
 *
 * See also mq_overview(7), mq_open(3), mq_getattr(3), mq_send(3),
 * mq_receive(3), poll(2), clock_gettime(2).
 */
#ifndef MAILBOX_H
#define MAILBOX_H

#include <mqueue.h>
#include <stdbool.h>
#include <sys/types.h>

mqd_t mailbox_open(const char *name, long capacity, long message_size);
int mailbox_send(mqd_t, const void *msg, size_t len, bool urgent,
                 int timeout_ms);
ssize_t mailbox_recv(mqd_t, void *buf, size_t cap, int timeout_ms);
int mailbox_remove(const char *name);

#endif
