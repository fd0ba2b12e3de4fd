/*
 * bench_load.h — requests a second, and how long one takes, of servers for
 * many connections.
 *
 * Each way is a server on a local stream socket, in a process of its own that
 * is pinned to a core. A load generator on another core keeps so many
 * connections busy, with so many requests on their way in each; it is one
 * epoll loop that never sleeps, sends bytes made beforehand and compares what
 * comes with what has to come. The ways are run in turn, round after round. A
 * server that is not written, crashes, hangs, leaves somebody without a reply
 * or gives a wrong one is told of, and ends nothing.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench_flow.h"

struct load_way {
    struct flow_way way; /* its name, stem, most connections, why, missing */
    const char *request, *reply; /* their bytes, all alike */
    size_t request_size, reply_size;
    bool forks; /* in processes of its own, whose CPU time is not known */

    /* The server: serves all who connect to the listener, until stop_fd is
     * hung up. 0, or -1 and errno. */
    int (*serve)(int listener, int stop_fd);
    /* Or a program that listens at this path itself; never returns. */
    void (*exec)(const char *path);
};

struct load {
    const char *title;
    const struct load_way *ways;
    size_t way_count;
    const size_t *connections; /* rising */
    size_t connection_count;
    int in_flight; /* in each connection, beside one at a time */
    int rounds;
    const char *note;
};

/*
 * Runs it: tables of requests a second, of their times, and of requests for
 * each second of CPU time of the server, one at a time and in_flight of them;
 * drawn in <name>_bench.svg beside the binary. Of ways with a stem only those
 * of `stem`, where it is not NULL. BENCH_ROUNDS in the environment: fewer
 * rounds, or more. Returns main's status.
 */
int load_main(const struct load *, const char *stem, const char *name);

#endif
