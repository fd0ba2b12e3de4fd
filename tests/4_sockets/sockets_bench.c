/*
 * sockets_bench.c — harbour, beside a server of the wild and a process for
 * each connection.
 *
 * Weak: an answer that is missing, or does not compile, is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench_load.h"
#include "harbour.h"

#define WEAK __attribute__((weak))
WEAK int harbour_serve(int, int, const struct harbour *);
WEAK int reference_harbour_serve(int, int, const struct harbour *);

static ssize_t pong(const void *request, size_t len, void *reply, size_t cap,
                    void *context)
{
    (void)context;
    if (len != 4 || cap < 4 || memcmp(request, "PING", 4) != 0)
        return -1;
    memcpy(reply, "PONG", 4);
    return 4;
}

static const struct harbour options = {
    .handle = pong,
    .max_request = 64 << 10,
    .max_reply = 64 << 10,
    .max_pending = 1 << 20,
    .max_connections = 10000,
    .idle_ms = 60000,
    .grace_ms = 1000,
};

static int serve(int listener, int stop_fd)
{
    return harbour_serve(listener, stop_fd, &options);
}

static int serve_reference(int listener, int stop_fd)
{
    return reference_harbour_serve(listener, stop_fd, &options);
}

static const char *not_there(bool is)
{
    return is ? NULL : "is missing, or does not compile";
}

static const char *no_harbour(void)
{
    return not_there(harbour_serve);
}

static const char *no_reference(void)
{
    return not_there(reference_harbour_serve);
}

/* Where a command is on the PATH, or NULL. */
static const char *find(const char *command)
{
    static char path[4096];
    const char *next = getenv("PATH");

    while (next && *next) {
        size_t n = strcspn(next, ":");
        snprintf(path, sizeof(path), "%.*s/%s", (int)n, next, command);
        if (access(path, X_OK) == 0)
            return path;
        next += n + (next[n] == ':');
    }
    return NULL;
}

/* Debian's redis-tools has the server without the service: the program is
 * the same as redis-check-rdb, and goes by the name it is called by. */
static const char *find_redis(void)
{
    static const char *const names[] = {"redis-server", "valkey-server",
                                        "redis-check-rdb"};
    const char *found = NULL;

    for (int i = 0; i < 3 && !found; i++)
        found = find(names[i]);
    return found;
}

static const char *no_redis(void)
{
    return find_redis() ? NULL : "is not installed: see 'make setup'";
}

/* In memory only. */
static void exec_redis(const char *path)
{
    const char *program = find_redis();

    if (program)
        execl(program, "redis-server", "--port", "0", "--unixsocket", path,
              "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir",
              "/", (char *)NULL);
}

static const char *no_socat(void)
{
    return find("socat") ? NULL : "is not installed: see 'make setup'";
}

static void exec_socat(const char *path)
{
    char listen[4096];

    snprintf(listen, sizeof(listen), "UNIX-LISTEN:%s,fork,backlog=128", path);
    execlp("socat", "socat", listen, "PIPE", (char *)NULL);
}

#define FRAMES                                                                 \
    .request = "\0\0\0\4PING", .request_size = 8, .reply = "\0\0\0\4PONG",     \
    .reply_size = 8

int main(int argc, char *argv[])
{
    static const struct load_way ways[] = {
        {.way = {.name = "harbour", .stem = "harbour", .missing = no_harbour},
         FRAMES,
         .serve = serve},
        {.way = {.name = "harbour",
                 .stem = "harbour",
                 .reference = true,
                 .missing = no_reference},
         FRAMES,
         .serve = serve_reference},
        {.way = {.name = "redis", .missing = no_redis},
         .request = "PING\r\n",
         .request_size = 6,
         .reply = "+PONG\r\n",
         .reply_size = 7,
         .exec = exec_redis},
        {.way = {.name = "socat",
                 .most = 64,
                 .why = "has a process for each: 64 are enough",
                 .missing = no_socat},
         .request = "\0\0\0\4PING",
         .request_size = 8,
         .reply = "\0\0\0\4PING",
         .reply_size = 8,
         .forks = true,
         .exec = exec_socat},
    };
    static const size_t connections[] = {1, 64, 1000};
    const struct load load = {
        .title = "harbour",
        .ways = ways,
        .way_count = sizeof(ways) / sizeof(*ways),
        .connections = connections,
        .connection_count = sizeof(connections) / sizeof(*connections),
        .in_flight = 16,
        .rounds = 7,
        .note = "redis answers PING; socat, a process for each connection, "
                "echoes.",
    };
    const char *stem = argc > 1 && strcmp(argv[1], "sockets") ? argv[1] : NULL;

    return load_main(&load, stem, stem ? stem : "sockets");
}
