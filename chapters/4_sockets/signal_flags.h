/*
 * signal_flags — calls over a sea that loses, repeats, delays and cuts
 * datagrams; each is executed at most once.
 *
 * Both kinds of datagram are 16 bytes and then the message:
 *
 *   4 bytes  "CALL", or "BACK" in the reply
 *   8 bytes  the number of the call, unsigned, big-endian: greater than that
 *            of every earlier call from the same address, also before a
 *            restart and in another process (nanoseconds of CLOCK_REALTIME
 *            are); the reply repeats it
 *   4 bytes  the length of the message, unsigned, big-endian; 0 to RPC_MAX
 *
 * Whatever does not look so, or is not as long as it says, is dropped.
 *
 * rpc_call sends req, len bytes, through sock, a connected datagram socket
 * that nobody else uses meanwhile, and waits for its reply. It sends again if
 * none comes within RPC_FIRST_MS, and then waits twice as long each time, but
 * not above RPC_MOST_MS. Only the reply with this call's number counts, and
 * only from the address the socket is connected to, even if another
 * datagram was waiting in the socket already.
 *   Returns  the length of the reply, which is in rep; or -1 with errno:
 *            ETIMEDOUT  none came within timeout_ms (-1 waits for ever). The
 *                       call may have been executed, or not. That nobody
 *                       listens there at present (ECONNREFUSED) is a loss
 *                       like any other.
 *            EMSGSIZE   len is above RPC_MAX, nothing was sent; or the reply
 *                       is longer than cap: it was executed.
 *            EBADF, ENOTCONN …   send's and recv's.
 *
 * rpc_serve_one waits for one datagram on sock, a bound datagram socket, and
 * treats it. A call whose number is greater than any from its address is
 * executed: the handler is called, its reply sent and remembered. One with
 * the number last executed for that address is not executed again: its reply
 * is sent again. One with a smaller number is dropped. A call from one
 * address more than RPC_CLIENTS is dropped; nobody is forgotten.
 *   memory   filled with zeros before the first call; the same one for every
 *            call on that socket.
 *   handler  writes at most cap = RPC_MAX bytes to rep and returns the
 *            reply's length, or -1: executed, but no reply is sent, now or
 *            later.
 *   Returns  1: a call was executed; 0: a datagram came, and none was; or
 *            -1 with errno: EAGAIN where sock is non-blocking and nothing is
 *            there; EBADF …   recv's. That a reply could not be sent is a
 *            loss like any other.
 *
 * A signal that interrupts a call neither ends it nor stretches its deadline.
 * Waiting costs no CPU time. Addresses are IPv4, IPv6 or AF_UNIX; two are the
 * same if their bytes are.
 *
 * Descriptors  sock stays the caller's; its flags, options and peer are as they
 *              were. rpc_call waits also where it is non-blocking.
 * Memory       none is kept but in *memory.
 *
 * See also udp(7), recvmsg(2) on MSG_TRUNC, connect(2), clock_gettime(2).
 */
#ifndef SIGNAL_FLAGS_H
#define SIGNAL_FLAGS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

enum {
    RPC_MAX = 1200,    /* bytes of a message: fits into one packet anywhere */
    RPC_FIRST_MS = 20, /* before the first repetition */
    RPC_MOST_MS = 320, /* between any two */
    RPC_CLIENTS = 128, /* addresses that are remembered */
};

struct rpc_memory {
    int clients; /* how many of those below are in use */
    struct rpc_client {
        struct sockaddr_storage address;
        socklen_t address_len;
        uint64_t number;   /* of the last call executed */
        ssize_t reply_len; /* -1: no reply */
        unsigned char reply[RPC_MAX];
    } client[RPC_CLIENTS];
};

typedef ssize_t rpc_handler(const void *req, size_t len, void *rep, size_t cap,
                            void *context);

ssize_t rpc_call(int sock, const void *req, size_t len, void *rep, size_t cap,
                 int timeout_ms);
int rpc_serve_one(int sock, struct rpc_memory *memory, rpc_handler *handler,
                  void *context);

#endif
