/*
 * harbour — a server for thousands of clients, in one process.
 *
 * harbour_serve(listener, stop_fd, options) serves everybody who connects to
 * listener, a listening stream socket, until stop_fd becomes readable or is
 * hung up. Requests and replies are frames: 4 bytes of length, big-endian,
 * then the message. For each request the handler is called, one after
 * another, and its reply sent; a client may send the next requests before it
 * has read the replies, which come in the order of its requests.
 *
 * No client waits for another one: neither for one that reads or writes
 * slowly, sends half a frame, or never stops sending. Waiting costs no CPU
 * time, and connections that say nothing for a while cost at most
 * HARBOUR_IDLE_BYTES of memory each, options->max_request or no.
 *
 * A client that does not read its replies is not read from any more, once
 * more than options->max_pending bytes wait for it: it is never held more
 * than max_pending, the reply in hand (4 + max_reply) and one request.
 * A client that shuts down its sending side still gets its replies. A frame
 * that is longer than max_request, or of negative length, ends its
 * connection, after the replies to the requests before it.
 *
 * When there are max_connections, or no descriptor is left in this process,
 * further clients wait in the listener's backlog until one leaves, and the
 * server sleeps meanwhile.
 *
 * When stop_fd is ready, nobody is accepted any more. Requests that have
 * arrived by then are answered, then the connections are closed; nothing that
 * has been answered is lost on the way. Who does not read its replies within
 * grace_ms is cut off.
 *
 * Returns  0 after a stop, or -1 with errno:
 *          EINVAL  a limit is 0 or negative, or there is no handler.
 *          EMFILE, ENOMEM, EBADF, ENOTSOCK …   what kept it from starting.
 *
 * Descriptors  listener and stop_fd stay open and the caller's, with their
 *              flags as they were; all connections are closed.
 * Memory       none is left. SIGPIPE does not come.
 *
 * See also epoll(7), accept4(2), send(2) on MSG_NOSIGNAL, shutdown(2).
 */
#ifndef HARBOUR_H
#define HARBOUR_H

#include <stddef.h>
#include <sys/types.h>

enum { HARBOUR_IDLE_BYTES = 1024 };

struct harbour {
    /*
     * One request; writes at most cap = max_reply bytes to reply.
     * Returns its length, or -1: this client is cut off, after the replies to
     * its earlier requests.
     */
    ssize_t (*handle)(const void *request, size_t len, void *reply, size_t cap,
                      void *context);
    void *context;
    size_t max_request; /* bytes */
    size_t max_reply;   /* bytes */
    size_t max_pending; /* bytes of replies that one client may leave unread */
    int max_connections;
    int idle_ms;  /* who moves no byte for so long is cut off; -1: never */
    int grace_ms; /* to read the last replies, when it stops */
};

int harbour_serve(int listener, int stop_fd, const struct harbour *options);

#endif
