/*
 * relay.h — a sea for datagrams: between two ends, and rough.
 *
 * A relay is a process of the test. Whoever is near it (a client) sends to
 * the relay, which passes each datagram on to the far end (a server) or does
 * not; and the far end's answers back. Each flow has an address of its own on
 * both sides, so the far end can tell the clients apart.
 *
 *     struct relay *sea = relay_start(&(struct relay_weather){.lost = 300},
 *                                     &server, server_len, 1);
 *     connect(client, relay_near(sea, 0, &len), len);
 *
 * What happens to the kth datagram of a direction of a flow is decided by the
 * seed, the flow, the direction and k alone: in every run the same, whatever
 * the timing and whatever the other flows do.
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdint.h>
#include <sys/socket.h>

enum { RELAY_FLOWS = 128, RELAY_LONGEST = 65536 };

/* Of 1000 datagrams, so many are … (each by dice of its own) */
struct relay_weather {
    uint64_t seed;
    int doubled;  /* … sent twice: the copy has a fate of its own */
    int lost;     /* … gone */
    int cut;      /* … shorter, by 1 byte up to all of them */
    int extended; /* … longer, by 1 to 64 bytes of garbage */
    int resized;  /* … lying: the 4 bytes at `length_at` are another number */
    int flipped;  /* … changed in one bit, of the first `flip_within` bytes */
    int overtaken; /* … held back until up to `behind` others have gone */
    int delayed;   /* … held back for up to `delay_ms` */

    int length_at, flip_within /* 0: all */;
    int behind, delay_ms; /* 0: 4, and 30 ms */
    int silent_after;     /* so many of a direction; 0: never */
};

/* What became of those that came: copies are counted, too. */
enum relay_way { RELAY_OUT, RELAY_BACK };
struct relay_count {
    int came, doubled, lost, cut, extended, resized, flipped, overtaken,
        delayed, silenced;
    int passed;  /* sent on, damaged or not */
    int refused; /* could not be sent on: nobody there, or no room */
};

struct relay;

/* Flows of the far address's family; the kernel chooses their addresses. */
struct relay *relay_start(const struct relay_weather *,
                          const struct sockaddr_storage *far, socklen_t far_len,
                          int flows);

/* Where the client of this flow sends to. */
const struct sockaddr *relay_near(const struct relay *, int flow,
                                  socklen_t *len);

/* So far, of all flows together. */
struct relay_count relay_counts(const struct relay *, enum relay_way);

/* Returns when n datagrams have come this way, and none is held back. */
void relay_until(const struct relay *, enum relay_way, int n);

/* It ends with the test, too. */
void relay_end(struct relay *);

#endif
