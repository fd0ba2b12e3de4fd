#include "signal_flags.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/*
 * TODO: a reply comes. How do you know that it is the reply to this call, and
 *       not one to an earlier call that you have given up?
 * TODO: two clocks run: until when, and when to send again. Which is next?
 */
ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms)
{
    (void)sock;
    (void)req;
    (void)len;
    (void)rep;
    (void)cap;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

/*
 * TODO: the reply was lost, and the call comes again. What do you send, and
 *       where from?
 * TODO: a datagram longer than your buffer: what does recv say about it?
 */
int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context)
{
    (void)sock;
    (void)memory;
    (void)handler;
    (void)context;
    errno = ENOSYS;
    return -1;
}
