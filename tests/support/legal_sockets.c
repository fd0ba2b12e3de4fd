/*
 * legal_sockets.c — the conditions of the legality table for what makes,
 * names and connects sockets, and for epoll's interest list.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "legal.h"
#include "legal_now.h"
#include "sea.h"

/* The descriptor is looked for first, so that running out of them leaves
 * everybody who waits in the backlog. */
bool legal_accept(enum sea_call call, const long arg[], int fault)
{
    int fd = (int)arg[0];
    struct end e = look_at(fd);

    (void)call;
    switch (fault) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
        return e.local || e.inet;
    case ECONNABORTED:
        return e.inet && e.stream && is_ready(fd, POLLIN);
    case EAGAIN:
        return e.nonblock && !(legal_knows & EDGES) && !sure_to_succeed(fd);
    default:
        return !e.nonblock && !sure_to_succeed(fd) &&
               (e.timed_in || handled(false, NULL));
    }
}

void drop_connection(int listener)
{
    struct linger at_once = {1, 0};
    int flags = fcntl(listener, F_GETFL), fd;

    fcntl(listener, F_SETFL, flags | O_NONBLOCK);
    fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    fcntl(listener, F_SETFL, flags);
    if (fd < 0)
        return;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

static bool may_wait_to_connect(int fd)
{
    struct tcp_info info = {0};
    socklen_t size = sizeof(info);

    return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
           (info.tcpi_state == TCP_CLOSE || info.tcpi_state == TCP_SYN_SENT);
}

/* TCP goes on connecting after EINTR: the wrapper sees to that. */
bool legal_connect(enum sea_call call, const long arg[], int fault)
{
    int fd = (int)arg[0];
    struct end e = look_at(fd);

    (void)call, (void)fault;
    return e.stream && !e.nonblock && (e.timed_out || handled(false, NULL)) &&
           (e.local || (e.inet && may_wait_to_connect(fd)));
}

/* A path that is there is EADDRINUSE, however full the disk. */
static bool is_new_path(const struct sockaddr_un *at, socklen_t length)
{
    char path[sizeof(at->sun_path) + 1] = {0};
    struct stat st;

    if (length <= offsetof(struct sockaddr_un, sun_path) ||
        length > sizeof(*at) || at->sun_path[0] == '\0')
        return false;
    memcpy(path, at->sun_path, length - offsetof(struct sockaddr_un, sun_path));
    return lstat(path, &st) == -1 && errno == ENOENT;
}

static bool has_port(const struct sockaddr *at, socklen_t length)
{
    if (at->sa_family == AF_INET && length >= sizeof(struct sockaddr_in))
        return ((const struct sockaddr_in *)at)->sin_port != 0;
    if (at->sa_family == AF_INET6 && length >= sizeof(struct sockaddr_in6))
        return ((const struct sockaddr_in6 *)at)->sin6_port != 0;
    return true;
}

static bool has_own_port(int fd)
{
    struct sockaddr_storage own = {0};
    socklen_t size = sizeof(own);

    return getsockname(fd, (struct sockaddr *)&own, &size) == -1 ||
           has_port((struct sockaddr *)&own, size);
}

/* Would another socket of this kind get a port there? */
static bool gives_ports(int fd, const struct sockaddr *at, socklen_t length)
{
    int other = socket(socket_option(fd, SO_DOMAIN), socket_option(fd, SO_TYPE),
                       socket_option(fd, SO_PROTOCOL));
    bool given = other >= 0 && bind(other, at, length) == 0;

    if (other >= 0)
        close(other);
    return given;
}

/* All ports that the kernel may choose from can be in use. */
bool legal_bind(enum sea_call call, const long arg[], int fault)
{
    int fd = (int)arg[0];
    const struct sockaddr *at = POINTER(arg[1]);
    struct end e = look_at(fd);

    (void)call;
    if (arg[2] < (long)sizeof(at->sa_family))
        return false;
    if (fault == ENOSPC)
        return e.local && at->sa_family == AF_UNIX &&
               is_new_path(POINTER(arg[1]), (socklen_t)arg[2]);
    return e.inet && !has_port(at, (socklen_t)arg[2]) && !has_own_port(fd) &&
           gives_ports(fd, at, (socklen_t)arg[2]);
}

/* Two that share an address with SO_REUSEADDR, and the other one was first. */
bool legal_listen(enum sea_call call, const long arg[], int fault)
{
    int fd = (int)arg[0];
    struct end e = look_at(fd);

    (void)call, (void)fault;
    return e.inet && e.stream && socket_option(fd, SO_ACCEPTCONN) == 0 &&
           may_wait_to_connect(fd) &&
           (socket_option(fd, SO_REUSEADDR) > 0 || !has_own_port(fd));
}

/* Has this epoll the descriptor in its list? Then it is EEXIST. fdinfo has a
 * line "tfd: 5 events: …" for each. */
static bool has_already(int epoll, int fd)
{
    char path[40], text[512];
    int info, found = 0, number = -1;
    ssize_t n;
    const char *word = "tfd:";

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", epoll);
    info = open(path, O_RDONLY | O_CLOEXEC);
    while (!found && (n = read(info, text, sizeof(text))) > 0)
        for (ssize_t i = 0; i < n && !found; i++) {
            char c = text[i];
            if (number >= 0 && c >= '0' && c <= '9') {
                number = number * 10 + c - '0';
            } else if (number >= 0 && c != ' ') {
                found = number == fd;
                number = -1;
            }
            word = c == *word ? word + 1 : c == 't' ? "fd:" : "tfd:";
            if (*word == '\0') {
                number = 0;
                word = "tfd:";
            }
        }
    if (info >= 0)
        close(info);
    return found;
}

/* Each user may watch so many descriptors. */
bool legal_epoll_ctl(enum sea_call call, const long arg[], int fault)
{
    int fd = (int)arg[2];
    struct stat st;

    (void)call, (void)fault;
    return arg[1] == EPOLL_CTL_ADD && fd != (int)arg[0] &&
           fcntl((int)arg[0], F_GETFD) >= 0 && fstat(fd, &st) == 0 &&
           !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) &&
           !has_already((int)arg[0], fd);
}
