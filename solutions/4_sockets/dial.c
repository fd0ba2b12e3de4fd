#include "dial.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
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

/* ---- addresses --------------------------------------------------------- */

/* What an address names: one path, or all that a host's name stands for. */
struct shore {
    struct addrinfo *first;
    struct addrinfo *looked_up; /* to be given back, or NULL */
    struct addrinfo local;
    struct sockaddr_un path;
};

static int fail(int error)
{
    errno = error;
    return -1;
}

/* A path ends with a NUL, which counts. An abstract name ends where the
 * length says: with more, it would be another name. */
static int find_unix(const char *name, struct shore *s)
{
    bool abstract = name[0] == '@';
    size_t len = strlen(name);

    if (len == abstract)
        return fail(EINVAL);
    if (len - abstract >= sizeof(s->path.sun_path))
        return fail(ENAMETOOLONG);
    s->path.sun_family = AF_UNIX;
    memcpy(s->path.sun_path, name, len);
    if (abstract)
        s->path.sun_path[0] = '\0';
    len += offsetof(struct sockaddr_un, sun_path) + !abstract;
    s->local = (struct addrinfo){.ai_family = AF_UNIX,
                                 .ai_addr = (struct sockaddr *)&s->path,
                                 .ai_addrlen = (socklen_t)len};
    s->first = &s->local;
    return 0;
}

static bool is_port(const char *text)
{
    return *text && text[strspn(text, "0123456789")] == '\0' &&
           strtoul(text, NULL, 10) <= 65535;
}

/* [HOST]:PORT ends at the bracket, HOST:PORT at the first colon. */
static int split(const char *text, char host[NI_MAXHOST], const char **port)
{
    bool bracket = text[0] == '[';
    const char *begin = text + bracket;
    size_t len = strcspn(begin, bracket ? "]" : ":");
    const char *end = begin + len;

    if (bracket && *end)
        end++;
    if (len == 0 || len >= NI_MAXHOST || *end != ':' || !is_port(end + 1))
        return fail(EINVAL);
    memcpy(host, begin, len);
    host[len] = '\0';
    *port = end + 1;
    return 0;
}

static int find_tcp(const char *text, struct shore *s)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV};
    char host[NI_MAXHOST];
    const char *port;

    if (split(text, host, &port) == -1)
        return -1;
    switch (getaddrinfo(host, port, &hints, &s->looked_up)) {
    case 0:
        s->first = s->looked_up;
        return 0;
    case EAI_SYSTEM:
        return -1;
    case EAI_MEMORY:
        return fail(ENOMEM);
    default:
        return fail(ENOENT);
    }
}

static int find(const char *address, struct shore *s)
{
    *s = (struct shore){0};
    if (strncmp(address, "unix:", 5) == 0)
        return find_unix(address + 5, s);
    if (strncmp(address, "tcp:", 4) == 0)
        return find_tcp(address + 4, s);
    return fail(EINVAL);
}

static void forget(struct shore *s)
{
    int saved = errno;

    if (s->looked_up)
        freeaddrinfo(s->looked_up);
    errno = saved;
}

static int close_failed(int fd)
{
    int saved = errno;

    close(fd);
    return fail(saved);
}

/* ---- listening --------------------------------------------------------- */

/*
 * 1: the file is a socket, and nobody listens. connect says ECONNREFUSED of
 * plain files, too, and follows links: what kind of file it is comes first.
 * It must not wait: a full queue is that of a living server.
 */
static int is_stale(const struct addrinfo *at, const char *path)
{
    struct stat st;
    int probe, rc;

    if (path[0] == '\0' || lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
        return 0;
    probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe == -1)
        return -1;
    rc = connect(probe, at->ai_addr, at->ai_addrlen);
    close_failed(probe);
    return rc == -1 && errno == ECONNREFUSED;
}

static int bind_path(int fd, const struct addrinfo *at)
{
    const char *path = ((const struct sockaddr_un *)at->ai_addr)->sun_path;
    int stale;

    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0)
        return 0;
    if (errno != EADDRINUSE || (stale = is_stale(at, path)) == -1)
        return -1;
    if (!stale)
        return fail(EADDRINUSE);
    unlink(path);
    return bind(fd, at->ai_addr, at->ai_addrlen);
}

/* SO_REUSEADDR: connections that are over do not keep the port. Two servers
 * collide all the same, as they would not with SO_REUSEPORT. */
static int bind_port(int fd, const struct addrinfo *at)
{
    int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == -1)
        return -1;
    return bind(fd, at->ai_addr, at->ai_addrlen);
}

static int listen_at(const struct addrinfo *at, int backlog)
{
    bool local = at->ai_family == AF_UNIX;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd == -1)
        return -1;
    if ((local ? bind_path(fd, at) : bind_port(fd, at)) == -1 ||
        listen(fd, backlog) == -1)
        return close_failed(fd);
    return fd;
}

int sock_listen(const char *address, int backlog)
{
    struct shore s;
    int fd = -1;

    if (find(address, &s) == -1)
        return -1;
    for (struct addrinfo *at = s.first; at && fd == -1; at = at->ai_next)
        fd = listen_at(at, backlog);
    forget(&s);
    return fd;
}

/* ---- dialling ---------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Milliseconds; -1: there is no deadline. */
static int left(int64_t deadline)
{
    if (deadline == -1)
        return -1;
    int64_t ms = deadline - now_ms();
    return ms > 0 ? (int)ms : 0;
}

/* Whatever signals come, the kernel goes on connecting: wait until it is
 * done, then ask how it went. */
static int await_answer(int fd, int64_t deadline)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error, rc;
    socklen_t size = sizeof(error);

    while ((rc = poll(&p, 1, left(deadline))) == -1 && errno == EINTR)
        continue;
    if (rc == 0)
        return fail(ETIMEDOUT);
    if (rc == -1 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
        return -1;
    return error ? fail(error) : 0;
}

/* The queue of a local server is full: nothing is on its way, and poll has
 * nothing to wait for. connect has, until SO_SNDTIMEO, where 0 is for ever. */
static int wait_in_line(int fd, const struct addrinfo *at, int64_t deadline)
{
    struct timeval never = {0};
    int rc, ms;

    do {
        if ((ms = left(deadline)) == 0)
            return fail(ETIMEDOUT);
        struct timeval limit = {ms / 1000, ms % 1000 * 1000};
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, ms > 0 ? &limit : &never,
                   sizeof(limit));
        rc = connect(fd, at->ai_addr, at->ai_addrlen);
    } while (rc == -1 && (errno == EINTR || errno == EAGAIN));
    if (rc == 0)
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &never, sizeof(never));
    return rc;
}

static int dial_at(const struct addrinfo *at, int64_t deadline)
{
    int fd =
        socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int rc;

    if (fd == -1)
        return -1;
    rc = connect(fd, at->ai_addr, at->ai_addrlen);
    if (rc == -1 && errno == EINPROGRESS)
        rc = await_answer(fd, deadline);
    bool full = rc == -1 && errno == EAGAIN && at->ai_family == AF_UNIX;
    if ((rc == 0 || full) && fcntl(fd, F_SETFL, 0) == -1) /* blocking */
        return close_failed(fd);
    if (full)
        rc = wait_in_line(fd, at, deadline);
    return rc == 0 ? fd : close_failed(fd);
}

/* One deadline for all: each address has what those before it have left. */
int sock_dial(const char *address, int timeout_ms)
{
    struct shore s;
    int fd = -1;

    if (find(address, &s) == -1)
        return -1;
    int64_t deadline = timeout_ms < 0 ? -1 : now_ms() + timeout_ms;
    for (struct addrinfo *at = s.first; at && fd == -1; at = at->ai_next) {
        fd = dial_at(at, deadline);
        if (fd == -1 && errno == ETIMEDOUT && left(deadline) == 0)
            break;
    }
    forget(&s);
    return fd;
}

/* ---- names ------------------------------------------------------------- */

enum { NAME_MAX_LEN = sizeof("tcp:[]:65535") + NI_MAXHOST };

/* The length tells: nothing at all, a NUL and a name, or a path. */
static int unix_name(const struct sockaddr_un *un, socklen_t len, char *name)
{
    int n = (int)(len - offsetof(struct sockaddr_un, sun_path));

    if (n <= 0)
        strcpy(name, "unix:");
    else if (un->sun_path[0] == '\0')
        snprintf(name, NAME_MAX_LEN, "unix:@%.*s", n - 1, un->sun_path + 1);
    else
        snprintf(name, NAME_MAX_LEN, "unix:%.*s", n, un->sun_path);
    return 0;
}

static int tcp_name(int fd, const struct sockaddr *at, socklen_t len,
                    char *name)
{
    char host[NI_MAXHOST], port[NI_MAXSERV];
    int type;
    socklen_t size = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1)
        return -1;
    if (type != SOCK_STREAM ||
        getnameinfo(at, len, host, sizeof(host), port, sizeof(port),
                    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
        return fail(EAFNOSUPPORT);
    snprintf(name, NAME_MAX_LEN,
             at->sa_family == AF_INET6 ? "tcp:[%s]:%s" : "tcp:%s:%s", host,
             port);
    return 0;
}

int sock_name(int fd, char *buf, size_t cap)
{
    struct sockaddr_storage at;
    socklen_t len = sizeof(at);
    char name[NAME_MAX_LEN];
    int rc;

    if (getsockname(fd, (struct sockaddr *)&at, &len) == -1)
        return -1;
    if (at.ss_family == AF_UNIX)
        rc = unix_name((const struct sockaddr_un *)&at, len, name);
    else if (at.ss_family == AF_INET || at.ss_family == AF_INET6)
        rc = tcp_name(fd, (const struct sockaddr *)&at, len, name);
    else
        rc = fail(EAFNOSUPPORT);
    if (rc == -1)
        return -1;
    if (strlen(name) >= cap)
        return fail(ENOSPC);
    strcpy(buf, name);
    return 0;
}

/*
 * The trap: what connect has begun goes on when connect has returned. It is
 * not asked again by calling it again: poll says when there is an answer, and
 * SO_ERROR which. And a server that died refuses, but so does every file that
 * is no socket.
 */
