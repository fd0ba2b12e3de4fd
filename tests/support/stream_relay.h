/*
 * stream_relay.h — a bad line for TCP: between a client and a server.
 *
 * A relay is a process of the test. Whoever connects to it is connected to
 * the far end, and what the one says the other hears, in the manner that the
 * test has chosen for each of the two ways. (For datagrams: relay.h. Losses
 * are of no use here: TCP itself would make up for them.)
 *
 *     struct stream_relay *line = stream_relay_start(
 *         (struct stream_manners[2]){{.piece = 1}, {.silent_from = 20}},
 *         &server, server_len);
 *     connect(client, stream_relay_near(line, &len), len);
 *     stream_relay_end(line);
 */
#ifndef STREAM_RELAY_H
#define STREAM_RELAY_H

#include <stddef.h>
#include <sys/socket.h>

enum { STREAM_OUT, STREAM_BACK }; /* from the client, to the client */

struct stream_manners {
    size_t piece;     /* passes at most so many bytes at once; 0: any number */
    int delay_ms;     /* holds each piece back for so long */
    long silent_from; /* passes nothing from the nth byte (1 …) on, and no
                         end either; 0: never silent */
    long reset_at;    /* resets both connections in place of the nth byte */
};

struct stream_relay;

/* far is copied; the relay listens on this machine's loopback, IPv4. */
struct stream_relay *stream_relay_start(const struct stream_manners way[2],
                                        const void *far, socklen_t far_len);

/* Where clients connect to. */
const struct sockaddr *stream_relay_near(const struct stream_relay *,
                                         socklen_t *len);

/* Every start has its end. Connections that are left are reset. */
void stream_relay_end(struct stream_relay *);

#endif
