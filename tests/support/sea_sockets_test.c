/*
 * sea_sockets_test.c — sockets on the sea: calls that pass unchanged, faults
 * with what the kernel leaves behind, and how the logbook tells of them.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

LEARNER(socket);
LEARNER(listen);
LEARNER(shutdown);
LEARNER(close);
LEARNER(unlink);
LEARNER(send);
LEARNER(sendmsg);
LEARNER(recvmsg);
LEARNER(sendmmsg);
LEARNER(recvmmsg);
LEARNER(getsockopt);
LEARNER(setsockopt);
LEARNER(getrandom);
LEARNER(getentropy);
LEARNER(epoll_create);
LEARNER(epoll_create1);
LEARNER(epoll_ctl);
LEARNER(epoll_wait);
LEARNER(epoll_pwait);
/* glibc's own declarations take a union of pointers, an extension. */
int sea_bind(int, const struct sockaddr *, socklen_t);
int sea_connect(int, const struct sockaddr *, socklen_t);
int sea_accept(int, struct sockaddr *, socklen_t *);
int sea_accept4(int, struct sockaddr *, socklen_t *, int);
int sea_getsockname(int, struct sockaddr *, socklen_t *);
int sea_getpeername(int, struct sockaddr *, socklen_t *);
ssize_t sea_sendto(int, const void *, size_t, int, const struct sockaddr *,
                   socklen_t);
ssize_t sea_recvfrom(int, void *, size_t, int, struct sockaddr *, socklen_t *);

static char bytes[1 << 17], more[1 << 17];
static struct sockaddr_in at;
static socklen_t size = sizeof(at);

static struct sockaddr *address(void)
{
    return (struct sockaddr *)&at;
}

/* A bound one at a port of the kernel's choice. */
static int harbour(int type)
{
    int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

    at = (struct sockaddr_in){.sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    CHECK_OK(bind(fd, address(), size), "the test's own");
    CHECK_OK(getsockname(fd, address(), &size), "its address");
    if (type == SOCK_STREAM)
        CHECK_OK(listen(fd, 8), "it listens");
    return fd;
}

static int ship(int type)
{
    return socket(AF_INET, type | SOCK_CLOEXEC, 0);
}

static char *logbook(void)
{
    static char text[8192];
    FILE *out = fmemopen(text, sizeof(text), "w");

    logbook_tail(out, page, 100, NULL);
    fclose(out);
    return text;
}

#define TELLS(...)                                                             \
    do {                                                                       \
        char line_[128];                                                       \
        snprintf(line_, sizeof(line_), __VA_ARGS__);                           \
        CHECK(strstr(logbook(), line_), "it does not say %s:%s", line_,        \
              logbook());                                                      \
    } while (0)

/* ---- a calm sea -------------------------------------------------------- */

static void datagrams_pass(void **state)
{
    int here = harbour(SOCK_DGRAM), there = ship(SOCK_DGRAM);
    struct sockaddr_in from;
    socklen_t n = sizeof(from);

    (void)state;
    CHECK_EQ(sea_sendto(there, "one", 3, 0, address(), size), 3, "sent");
    CHECK_EQ(sea_recvfrom(here, more, 100, 0, (struct sockaddr *)&from, &n), 3,
             "received");
    CHECK(memcmp(more, "one", 3) == 0, "as it was");
    TELLS("recvfrom(fd %d socket B, 100, 0, 127.0.0.1:%d) = 3", here,
          ntohs(from.sin_port));
    TELLS("sendto(fd %d socket A, 3, 0, 127.0.0.1:%d) = 3", there,
          ntohs(at.sin_port));
    CHECK(memcmp(page_last(page, getpid())->preview, "one", 3) == 0,
          "the logbook has its bytes");
    CHECK_EQ(sea_recvfrom(here, more, 9, MSG_DONTWAIT, NULL, NULL), -1, "none");
    TELLS("recvfrom(fd %d socket B, 9, MSG_DONTWAIT) = -1 EAGAIN", here);
    close(here);
    close(there);
}

static void messages_of_parts_pass(void **state)
{
    struct iovec out[2] = {{"ab", 2}, {"cde", 3}},
                 in[2] = {{more, 4}, {more + 4, 9}};
    struct msghdr to = {
        .msg_name = &at, .msg_namelen = size, .msg_iov = out, .msg_iovlen = 2};
    struct msghdr from = {.msg_iov = in, .msg_iovlen = 2};
    struct mmsghdr many = {.msg_hdr = to}, several = {.msg_hdr = from};
    int here = harbour(SOCK_DGRAM), there = ship(SOCK_DGRAM);

    (void)state;
    CHECK_EQ(sea_sendmsg(there, &to, MSG_NOSIGNAL), 5, "sent");
    TELLS("socket A, 127.0.0.1:%d, MSG_NOSIGNAL) = 5", ntohs(at.sin_port));
    CHECK_EQ(sea_recvmsg(here, &from, 0), 5, "received");
    CHECK_MEM(more, 5, "abcde", 5, "all parts of it");
    CHECK_EQ(sea_sendmmsg(there, &many, 1, 0), 1, "one more");
    CHECK_EQ(sea_recvmmsg(here, &several, 1, 0, NULL), 1, "received");
    CHECK_EQ(several.msg_len, 5, "as long as it was");
    close(here);
    close(there);
}

static void connections_are_told_of(void **state)
{
    int door = harbour(SOCK_STREAM), there, fd, error = 7;
    struct sockaddr_in who;
    socklen_t n = sizeof(who), four = sizeof(error);

    (void)state;
    there = sea_socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    TELLS("socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) = fd %d", there);
    CHECK_OK(sea_connect(there, address(), size), "connected");
    TELLS("connect(fd %d socket A, 127.0.0.1:%d) = 0", there,
          ntohs(at.sin_port));
    fd = sea_accept4(door, (struct sockaddr *)&who, &n, SOCK_NONBLOCK);
    TELLS("accept4(fd %d listener B, 127.0.0.1:%d, SOCK_NONBLOCK) = fd %d",
          door, ntohs(who.sin_port), fd);
    CHECK_OK(sea_getsockopt(there, SOL_SOCKET, SO_ERROR, &error, &four),
             "asked");
    TELLS("getsockopt(fd %d socket A, SOL_SOCKET, SO_ERROR, 0) = 0", there);
    CHECK_OK(sea_setsockopt(there, SOL_SOCKET, SO_REUSEADDR, &there, four),
             "set");
    TELLS("SOL_SOCKET, SO_REUSEADDR, %d) = 0", there);
    CHECK_OK(sea_getsockname(there, (struct sockaddr *)&who, &n), "its name");
    TELLS("getsockname(fd %d socket A) = 0", there);
    CHECK_OK(sea_getpeername(there, (struct sockaddr *)&who, &n), "its peer's");
    CHECK_OK(sea_shutdown(there, SHUT_WR), "the end");
    TELLS("shutdown(fd %d socket A, SHUT_WR) = 0", there);
    sea_close(fd);
    sea_close(there);
    close(door);
}

static void local_addresses_are_told(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX, .sun_path = "door"};
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(9)};
    int fd = sea_socket(AF_UNIX, SOCK_STREAM, 0);
    size_t head = offsetof(struct sockaddr_un, sun_path);

    (void)state;
    sea_connect(fd, (struct sockaddr *)&un, sizeof(un));
    TELLS("connect(fd %d socket A, \"door\") = -1 ENOENT", fd);
    memset(un.sun_path, 'x', sizeof(un.sun_path));
    sea_connect(fd, (struct sockaddr *)&un, sizeof(un));
    TELLS("xxxxxxxx\") = -1 ENOENT");
    memcpy(un.sun_path, "\0a name", 7);
    sea_connect(fd, (struct sockaddr *)&un, (socklen_t)head + 7);
    TELLS("socket A, \"@a name\") = -1 ECONNREFUSED");
    sea_connect(fd, (struct sockaddr *)&in6, sizeof(in6));
    TELLS("socket A, [::]:9) = -1 EINVAL");
    sea_connect(fd, (struct sockaddr *)8, sizeof(un));
    TELLS("connect(fd %d socket A) = -1 EFAULT", fd);
    sea_close(fd);
}

/* A path that fills all of sun_path has no NUL. */
static void longest_path_is_noted(void **state)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    int fd = sea_socket(AF_UNIX, SOCK_STREAM, 0);
    char path[sizeof(un.sun_path) + 1] = {0};

    (void)state;
    memset(path, 'x', sizeof(un.sun_path));
    memcpy(un.sun_path, path, sizeof(un.sun_path));
    CHECK_OK(sea_bind(fd, (struct sockaddr *)&un, sizeof(un)), "bound");
    CHECK_OK(sea_unlink(path), "and gone: nothing is left over");
    sea_close(fd);
}

static void epoll_passes_and_is_told_of(void **state)
{
    struct epoll_event in = {.events = EPOLLIN | EPOLLET}, out;
    int list = sea_epoll_create1(EPOLL_CLOEXEC), old = sea_epoll_create(1);
    int end[2];

    (void)state;
    CHECK_OK(pipe(end), "the test's own");
    CHECK_OK(sea_epoll_ctl(list, EPOLL_CTL_ADD, end[0], &in), "added");
    TELLS("epoll_ctl(fd %d, EPOLL_CTL_ADD, fd %d, EPOLLIN | EPOLLET) = 0", list,
          end[0]);
    CHECK_EQ(sea_epoll_wait(list, &out, 1, 0), 0, "nothing");
    CHECK_EQ(write(end[1], "x", 1), 1, "a byte");
    CHECK_EQ(sea_epoll_pwait(list, &out, 1, -1, NULL), 1, "something");
    CHECK_OK(sea_epoll_ctl(list, EPOLL_CTL_DEL, end[0], NULL), "removed");
    TELLS("epoll_ctl(fd %d, EPOLL_CTL_DEL, fd %d) = 0", list, end[0]);
    close(end[0]);
    close(end[1]);
    sea_close(list);
    sea_close(old);
}

static void random_bytes_come(void **state)
{
    (void)state;
    memset(more, 0, 64);
    CHECK_EQ(sea_getrandom(more, 32, 0), 32, "all of them");
    CHECK_OK(sea_getentropy(more + 32, 32), "all of them");
    CHECK(memcmp(more, more + 32, 32) != 0, "and others each time");
}

/* ---- faults ------------------------------------------------------------ */

/* The signal ends the wait, not the connecting. */
static void interrupted_connect_goes_on(void **state)
{
    int door = harbour(SOCK_STREAM), there = ship(SOCK_STREAM), fd;
    struct pollfd p = {.fd = there, .events = POLLOUT};

    (void)state;
    sea_fail(SEA_connect, 1, EINTR);
    CHECK_OK(sea_connect(there, address(), size), "no handler, no EINTR");
    sea_close(there);
    sea_handler();
    p.fd = there = ship(SOCK_STREAM);
    sea_fail(SEA_connect, 2, EINTR);
    CHECK_ERRNO(sea_connect(there, address(), size), EINTR, "as ordered");
    CHECK(sea_hit() && sea_error() == EINTR, "and told");
    CHECK_EQ(fcntl(there, F_GETFL) & O_NONBLOCK, 0, "it stays blocking");
    fd = accept(door, NULL, NULL);
    close(fd);
    fd = accept(door, NULL, NULL);
    CHECK_OK(fd, "it has connected all the same");
    CHECK_EQ(poll(&p, 1, -1), 1, "which can be waited for");
    fcntl(there, F_SETFL, O_NONBLOCK);
    CHECK_OK(sea_connect(there, address(), size), "connect hears of it once");
    CHECK_ERRNO(sea_connect(there, address(), size), EISCONN, "then it is");
    sea_close(there);
    close(fd);
    close(door);
}

/* Nobody takes it in: it goes on trying. */
static void interrupted_connect_is_under_way(void **state)
{
    int door = harbour(SOCK_STREAM), first = ship(SOCK_STREAM), there;

    (void)state;
    CHECK_OK(listen(door, 0), "only one may wait");
    CHECK_OK(connect(first, address(), size), "the one");
    sea_handler();
    there = ship(SOCK_STREAM);
    sea_fail(SEA_connect, 1, EINTR);
    CHECK_ERRNO(sea_connect(there, address(), size), EINTR, "as ordered");
    fcntl(there, F_SETFL, O_NONBLOCK);
    CHECK_ERRNO(sea_connect(there, address(), size), EALREADY, "still");
    sea_close(there);
    close(first);
    close(door);
}

/* What fails at once does not sleep. */
static void connect_that_fails_is_not_interrupted(void **state)
{
    int there = ship(SOCK_STREAM);
    struct sockaddr_in6 wrong = {.sin6_family = AF_INET6};

    (void)state;
    sea_handler();
    sea_fail(SEA_connect, 1, EINTR);
    CHECK_ERRNO(sea_connect(there, (struct sockaddr *)&wrong, sizeof(wrong)),
                EAFNOSUPPORT, "the kernel's own error");
    sea_close(there);
}

static void no_descriptor_for_a_connection(void **state)
{
    int door = harbour(SOCK_STREAM), there = ship(SOCK_STREAM), fd;

    (void)state;
    CHECK_OK(connect(there, address(), size), "somebody knocks");
    sea_fail(SEA_accept, 1, EMFILE);
    CHECK_ERRNO(sea_accept(door, NULL, NULL), EMFILE, "as ordered");
    sea_fail(SEA_accept, 2, ENFILE);
    CHECK_ERRNO(sea_accept(door, NULL, NULL), ENFILE, "as ordered");
    fd = sea_accept(door, NULL, NULL);
    CHECK_OK(fd, "the connection has waited");
    sea_close(fd);
    close(there);
    close(door);
}

static void aborted_connection_is_gone(void **state)
{
    int door = harbour(SOCK_STREAM), first = ship(SOCK_STREAM);
    int second = ship(SOCK_STREAM), fd;

    (void)state;
    CHECK_OK(connect(first, address(), size), "one knocks");
    CHECK_OK(connect(second, address(), size), "then another");
    sea_fail(SEA_accept, 1, ECONNABORTED);
    CHECK_ERRNO(sea_accept(door, NULL, NULL), ECONNABORTED, "as ordered");
    fd = sea_accept(door, NULL, NULL);
    CHECK_EQ(write(second, "2", 1), 1, "the other one");
    CHECK_EQ(read(fd, more, 1), 1, "is next");
    CHECK_ERRNO(read(first, more, 1), ECONNRESET, "the first one is gone");
    sea_close(fd);
    close(first);
    close(second);
    close(door);
}

static void messages_in_part(void **state)
{
    struct iovec half[2] = {{more, 5000}, {more + 5000, 4000}};
    struct msghdr msg = {.msg_iov = half, .msg_iovlen = 2};
    int pair[2];

    (void)state;
    CHECK_OK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "the test's own");
    for (size_t i = 0; i < 9000; i++)
        bytes[i] = (char)(i * 7);
    CHECK_EQ(write(pair[1], bytes, 9000), 9000, "so many are under way");
    sea_fail(SEA_recvmsg, 1, SEA_SHORT_COUNT);
    CHECK_EQ(sea_recvmsg(pair[0], &msg, 0), 4096, "a part of them");
    CHECK(sea_hit() && msg.msg_iov == half && msg.msg_iovlen == 2 &&
              half[0].iov_len == 5000,
          "the caller's parts are as they were");
    half[0].iov_base = more + 4096;
    half[1].iov_len = 0;
    CHECK_EQ(sea_recvmsg(pair[0], &msg, 0), 4904, "the rest");
    CHECK_MEM(more, 9000, bytes, 9000, "and every byte is in its place");
    close(pair[0]);
    close(pair[1]);
}

static void datagram_finds_no_memory(void **state)
{
    int here = harbour(SOCK_DGRAM), there = ship(SOCK_DGRAM);

    (void)state;
    CHECK_OK(connect(there, address(), size), "where to");
    sea_fail(SEA_send, 1, ENOBUFS);
    CHECK_ERRNO(sea_send(there, "one", 3, 0), ENOBUFS, "as ordered");
    sea_fail(SEA_send, 2, EAGAIN);
    CHECK_EQ(sea_send(there, "two", 3, 0), 3, "it would wait");
    sea_fail(SEA_send, 3, EAGAIN);
    CHECK_ERRNO(sea_send(there, "x", 1, MSG_DONTWAIT), EAGAIN, "as ordered");
    CHECK_EQ(recv(here, more, 9, MSG_DONTWAIT), 3, "only one has arrived");
    CHECK_ERRNO(recv(here, more, 9, MSG_DONTWAIT), EAGAIN, "no other");
    close(here);
    close(there);
}

static const struct CMUnitTest facts[] = {
    FACT(datagrams_pass),
    FACT(messages_of_parts_pass),
    FACT(connections_are_told_of),
    FACT(local_addresses_are_told),
    FACT(longest_path_is_noted),
    FACT(epoll_passes_and_is_told_of),
    FACT(random_bytes_come),
    FACT(interrupted_connect_goes_on),
    FACT(interrupted_connect_is_under_way),
    FACT(connect_that_fails_is_not_interrupted),
    FACT(no_descriptor_for_a_connection),
    FACT(aborted_connection_is_gone),
    FACT(messages_in_part),
    FACT(datagram_finds_no_memory),
};
EXERCISE("support/sea_sockets", "tests/support/sea.h", facts)
