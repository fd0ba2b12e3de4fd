/*
 * Technique: ppoll, and each address gets its part of the time that is left
 */
#include "dial.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* ---- addresses */

enum { MOST = 256 };

struct place {
    struct sockaddr_storage at;
    socklen_t len;
};

static int fail(int error)
{
    errno = error;
    return -1;
}

static int port_number(const char *text)
{
    long port = 0;

    if (!*text)
        return -1;
    for (; *text; text++) {
        if (*text < '0' || *text > '9')
            return -1;
        port = port * 10 + (*text - '0');
        if (port > 65535)
            return -1;
    }
    return (int)port;
}

static int one_path(const char *path, struct place *p)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    size_t n = strlen(path);
    bool hidden = *path == '@';

    if (n - hidden == 0)
        return fail(EINVAL);
    if (n - hidden > 107)
        return fail(ENAMETOOLONG);
    memcpy(un.sun_path, path, n);
    if (hidden)
        un.sun_path[0] = '\0';
    memset(&p->at, 0, sizeof(p->at));
    memcpy(&p->at, &un, sizeof(un));
    p->len = hidden ? (socklen_t)(sizeof(sa_family_t) + n) : sizeof(un);
    return 1;
}

static int number(const char *host, int port, struct place *p)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6,
                              .sin6_port = htons((uint16_t)port)};

    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        memcpy(&p->at, &v4, p->len = sizeof(v4));
        return 1;
    }
    if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        memcpy(&p->at, &v6, p->len = sizeof(v6));
        return 1;
    }
    return 0;
}

/* Without hints each address comes three times: as a stream, as datagrams,
 * raw. */
static int by_name(const char *host, int port, struct place *p)
{
    struct addrinfo *all, *a;
    int n = 0, rc = getaddrinfo(host, NULL, NULL, &all);

    if (rc != 0)
        return fail(rc == EAI_SYSTEM ? errno : ENOENT);
    for (a = all; a && n < MOST; a = a->ai_next) {
        if (a->ai_socktype != SOCK_STREAM)
            continue;
        memcpy(&p[n].at, a->ai_addr, p[n].len = a->ai_addrlen);
        if (a->ai_family == AF_INET)
            ((struct sockaddr_in *)&p[n].at)->sin_port = htons((uint16_t)port);
        else
            ((struct sockaddr_in6 *)&p[n].at)->sin6_port =
                htons((uint16_t)port);
        n++;
    }
    freeaddrinfo(all);
    return n ? n : fail(ENOENT);
}

/* How many places; -1 and errno. */
static int places(const char *address, struct place p[MOST])
{
    char host[300];
    const char *colon;
    int port, n;

    if (!strncmp(address, "unix:", 5))
        return one_path(address + 5, p);
    if (strncmp(address, "tcp:", 4) || !(colon = strrchr(address, ':')) ||
        colon < address + 4 || (port = port_number(colon + 1)) < 0)
        return fail(EINVAL);
    address += 4;
    if (colon - address >= (long)sizeof(host))
        return fail(EINVAL);
    memcpy(host, address, (size_t)(colon - address));
    host[colon - address] = '\0';
    if (host[0] == '[') {
        size_t end = strlen(host) - 1;
        if (host[end] != ']')
            return fail(EINVAL);
        host[end] = '\0';
        memmove(host, host + 1, end);
    } else if (strchr(host, ':') || strchr(host, ']'))
        return fail(EINVAL);
    if (!host[0])
        return fail(EINVAL);
    n = number(host, port, p);
    return n ? n : by_name(host, port, p);
}

static int close_failed(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- listening */

/* Who is at the path: 0 nobody, so that it is free now; -1 and errno. */
static int make_room(const struct place *p)
{
    const char *path = ((const struct sockaddr_un *)&p->at)->sun_path;
    struct stat st;
    int probe, rc;

    if (!*path || lstat(path, &st) == -1)
        return 0;
    if ((st.st_mode & S_IFMT) != S_IFSOCK)
        return fail(EADDRINUSE);
    if ((probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                        0)) == -1)
        return -1;
    rc = connect(probe, (const struct sockaddr *)&p->at, p->len) == -1 ? errno
                                                                       : 0;
    close(probe);
    if (rc != ECONNREFUSED)
        return fail(EADDRINUSE);
    return unlink(path);
}

int sock_listen(const char *address, int backlog)
{
    static _Thread_local struct place p[MOST];
    int n = places(address, p), on = 1, fd;

    if (n == -1 || (p->at.ss_family == AF_UNIX && make_room(p) == -1))
        return -1;
    fd = socket(p->at.ss_family, SOCK_STREAM, 0);
    if (fd == -1)
        return -1;
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&p->at, p->len) == -1 ||
        listen(fd, backlog) == -1)
        return close_failed(fd);
    return fd;
}

/* ---- dialling */

static int in_line(const struct place *p, int64_t end)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), rc;
    struct timeval none = {0};

    if (fd == -1)
        return -1;
    do {
        int64_t us = end == INT64_MAX ? 0 : (end - now_ms()) * 1000;
        struct timeval limit = {us / 1000000, us % 1000000};
        if (end != INT64_MAX && us <= 0)
            limit = (struct timeval){0, 1};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
        rc = connect(fd, (const struct sockaddr *)&p->at, p->len);
        if (rc == -1 && errno == EAGAIN)
            errno = ETIMEDOUT;
    } while (rc == -1 && errno == EINTR);
    if (rc == -1)
        return close_failed(fd);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &none, sizeof(none));
    return fd;
}

static int dial_one(const struct place *p, int64_t end)
{
    if (p->at.ss_family == AF_UNIX)
        return in_line(p, end);
    int fd =
        socket(p->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error = 0;
    if (fd == -1)
        return -1;
    if (connect(fd, (const struct sockaddr *)&p->at, p->len) == -1 &&
        (error = errno) == EINPROGRESS) {
        struct pollfd w = {.fd = fd, .events = POLLOUT};
        struct timespec t;
        int n;
        do {
            int64_t ms = end == INT64_MAX ? 0 : end - now_ms();
            ms = ms < 0 ? 0 : ms;
            t = (struct timespec){ms / 1000, ms % 1000 * 1000000};
            n = ppoll(&w, 1, end == INT64_MAX ? NULL : &t, NULL);
        } while (n == -1 && errno == EINTR);
        socklen_t len = sizeof(error);
        if (n == 0)
            error = ETIMEDOUT;
        else
            getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    }
    if (error) {
        close(fd);
        return fail(error);
    }
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
    return fd;
}

/* Of n addresses that are left each gets an n-th of the time that is left. */
int sock_dial(const char *address, int timeout_ms)
{
    static _Thread_local struct place p[MOST];
    int n = places(address, p), fd = -1;
    int64_t end = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;

    for (int i = 0; i < n && fd == -1; i++) {
        int64_t now = now_ms(), mine = end;
        if (end != INT64_MAX)
            mine = now < end ? now + (end - now) / (n - i) : now;
        fd = dial_one(&p[i], mine);
    }
    return fd;
}

/* ---- names */

int sock_name(int fd, char *buf, size_t cap)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un un;
        char bytes[200];
    } at = {0};
    socklen_t len = sizeof(at) - 1;
    char host[INET6_ADDRSTRLEN] = "", whole[256];

    if (getsockname(fd, &at.any, &len) == -1)
        return -1;
    at.bytes[len] = '\0';
    switch (at.any.sa_family) {
    case AF_UNIX:
        if (len <= sizeof(sa_family_t))
            strcpy(whole, "unix:");
        else if (at.un.sun_path[0])
            sprintf(whole, "unix:%s", at.un.sun_path);
        else
            sprintf(whole, "unix:@%s", at.un.sun_path + 1);
        break;
    case AF_INET:
        inet_ntop(AF_INET, &at.v4.sin_addr, host, sizeof(host));
        sprintf(whole, "tcp:%s:%d", host, ntohs(at.v4.sin_port));
        break;
    case AF_INET6:
        inet_ntop(AF_INET6, &at.v6.sin6_addr, host, sizeof(host));
        sprintf(whole, "tcp:[%s]:%d", host, ntohs(at.v6.sin6_port));
        break;
    default:
        return fail(EAFNOSUPPORT);
    }
    if (strlen(whole) + 1 > cap)
        return fail(ENOSPC);
    memcpy(buf, whole, strlen(whole) + 1);
    return 0;
}
