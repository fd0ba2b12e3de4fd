#include "conn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/*
 * TODO: which call makes two ends that both send and receive? If you use two
 *       pipes: what is left open when only the second one fails?
 */
int conn_pair(struct conn *a, struct conn *b, bool duplex)
{
    (void)a;
    (void)b;
    (void)duplex;
    errno = ENOSYS;
    return -1;
}

/* TODO: how does the receiver know where a message ends, an empty one too? */
int conn_send(struct conn *conn, const void *msg, size_t len)
{
    (void)conn;
    (void)msg;
    (void)len;
    errno = ENOSYS;
    return -1;
}

/* TODO: the stream may end before a message, or inside one. */
int conn_recv(struct conn *conn, void *buf, size_t cap, size_t *len)
{
    (void)conn;
    (void)buf;
    (void)cap;
    (void)len;
    errno = ENOSYS;
    return -1;
}

/* TODO: after a signal, how much of the time is left? */
int conn_poll(struct conn *conn, int timeout_ms)
{
    (void)conn;
    (void)timeout_ms;
    errno = ENOSYS;
    return -1;
}

void conn_close(struct conn *conn)
{
    (void)conn;
}
