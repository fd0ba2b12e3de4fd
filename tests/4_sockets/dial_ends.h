/*
 * dial_ends.h — ends of connections that the test makes itself, with the
 * kernel's calls: what the learner's code has to meet.
 */
#ifndef DIAL_ENDS_H
#define DIAL_ENDS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "fact.h"

enum { QUITE_LONG_MS = 20000 };

struct place {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
    } at;
    socklen_t len;
};

static inline struct place ip(const char *host, int port)
{
    struct place p = {.len = sizeof(p.at.v4)};

    p.at.v4.sin_family = AF_INET;
    p.at.v4.sin_port = htons((in_port_t)port); /* in both at the same place */
    if (inet_pton(AF_INET, host, &p.at.v4.sin_addr) == 1)
        return p;
    p.len = sizeof(p.at.v6);
    p.at.v6.sin6_family = AF_INET6;
    inet_pton(AF_INET6, host, &p.at.v6.sin6_addr);
    return p;
}

/* Of a path, or of an abstract name that begins with @; the length exact. */
static inline struct place local(const char *name)
{
    struct place p = {.at.un.sun_family = AF_UNIX};
    size_t len = strlen(name);

    memcpy(p.at.un.sun_path, name, len);
    if (name[0] == '@')
        p.at.un.sun_path[0] = '\0';
    p.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    return p;
}

static inline int bound(struct place p, int type)
{
    int fd = socket(p.at.any.sa_family, type | SOCK_CLOEXEC, 0), on = 1;

    if (p.at.any.sa_family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, &p.at.any, p.len) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

/* A server of the test's own; -1: the place is not free. */
static inline int server(struct place p, int backlog)
{
    int fd = bound(p, SOCK_STREAM);

    if (fd != -1 && listen(fd, backlog) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

static inline int port_of(int fd)
{
    struct place p = {.len = sizeof(p.at)};

    getsockname(fd, &p.at.any, &p.len);
    return ntohs(p.at.v4.sin_port);
}

/* A client of the test's own, which does not wait. */
static inline int client(struct place p)
{
    int fd = socket(p.at.any.sa_family,
                    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (connect(fd, &p.at.any, p.len) == -1 && errno != EINPROGRESS) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static inline bool readable(int fd, int ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return poll(&p, 1, ms) == 1 && p.revents & POLLIN;
}

/* The next connection, which is there or on its way. */
static inline int accepted(int door)
{
    if (!readable(door, QUITE_LONG_MS))
        FAIL_TEST("a connection was made, and the server did not see it: is "
                  "it a connection to that server, and a stream?");
    return accept4(door, NULL, NULL, SOCK_CLOEXEC);
}

static inline bool hears(int from, int to, const char *word)
{
    char got[16] = "";
    size_t n = strlen(word);

    return send(from, word, n, MSG_NOSIGNAL) == (ssize_t)n &&
           readable(to, QUITE_LONG_MS) &&
           recv(to, got, sizeof(got), 0) == (ssize_t)n &&
           memcmp(got, word, n) == 0;
}

/* Both ends of one connection? */
static inline void check_talk(int a, int b)
{
    CHECK(hears(a, b, "ahoy") && hears(b, a, "aye"),
          "what one end says the other hears, both ways: it is a stream, and "
          "connected");
}

static inline bool there_is_ipv6(void)
{
    int fd = bound(ip("::1", 0), SOCK_STREAM);

    if (fd != -1)
        close(fd);
    return fd != -1;
}

/* ---- servers that do not answer ---------------------------------------- */

/* Its queue holds one connection, and has it: the kernel lets further SYNs
 * fall, or, at a path, lets clients wait. */
struct busy {
    int door, filler;
    int port;
};

static inline bool queue_is_full(int door)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);

    getsockopt(door, IPPROTO_TCP, TCP_INFO, &info, &len);
    return info.tcpi_unacked > info.tcpi_sacked; /* waiting, room for */
}

static inline struct busy busy_port(void)
{
    struct busy b = {.door = server(ip("0.0.0.0", 0), 0)};

    b.port = port_of(b.door);
    b.filler = client(ip("127.0.0.1", b.port));
    for (int i = 0; i < QUITE_LONG_MS && !queue_is_full(b.door); i++)
        moment();
    if (!queue_is_full(b.door))
        SKIP_TEST("this kernel's queues of connections do not fill up");
    return b;
}

static inline struct busy busy_at(struct place p)
{
    struct busy b = {.door = server(p, 0)};

    b.filler = client(p);
    return b;
}

static inline void busy_end(struct busy *b)
{
    if (b->door != -1)
        close(b->door);
    if (b->filler != -1)
        close(b->filler);
    b->door = b->filler = -1;
}

#endif
