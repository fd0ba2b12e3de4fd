/*
 * bench_load_part.h — what the files bench_load*.c offer each other.
 */
#ifndef BENCH_LOAD_PART_H
#define BENCH_LOAD_PART_H

#include <sys/socket.h>
#include <sys/types.h>

#include "bench_load.h"

/* What one round has found. */
struct load_round {
    double rate;        /* requests a second */
    double median, p99; /* seconds from a request to its reply */
    double cpu_rate;    /* requests for a second of the server's CPU time */
    int error;          /* errno, if it failed */
};

/* A folder for the sockets of programs: 0, or -1 and errno. */
int load_begin(void);
void load_end(void);

/* One round in processes of their own. */
void load_round(const struct load_way *, int connections, int in_flight,
                struct load_round *);

/* Keeps the server busy, in this process: 0, or an errno. */
int load_generate(const struct load_way *, const struct sockaddr *, socklen_t,
                  int connections, int in_flight, pid_t server,
                  struct load_round *);

#endif
