/*
 * handover_ends.h — both ends of a connection, for facts about handover.
 *
 * a and b are the ends, and `file` is what crosses. One end is often the
 * test's own, with plain calls: post sends, fetch receives.
 */
#ifndef HANDOVER_ENDS_H
#define HANDOVER_ENDS_H

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fact.h"
#include "handover.h"

enum { FRESH = 0xee, MOST_FDS = 1024, NO_DESCRIPTOR = 900 };
enum { SCM_MAX = 253 }; /* the kernel's SCM_MAX_FD */

static const int kinds[] = {SOCK_STREAM, SOCK_SEQPACKET};
static int a = -1, b = -1, file = -1;

/* ---- both ends ------------------------------------------------------ */

static int new_file(const char *text)
{
    int fd = memfd_create(text, MFD_CLOEXEC);

    if (fd == -1 || write(fd, text, strlen(text)) == -1)
        FAIL_TEST("the test itself could not make a file");
    return fd;
}

static void make_pair(int type)
{
    int end[2];

    if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, end) == -1)
        FAIL_TEST("the test itself could not make sockets");
    a = end[0];
    b = end[1];
    file = new_file("treasure");
    STEP("a connection, %s",
         type == SOCK_STREAM ? "SOCK_STREAM" : "SOCK_SEQPACKET");
}

static void close_pair(void)
{
    close(a);
    if (b != -1)
        close(b);
    close(file);
}

static void close_b(void)
{
    close(b);
    b = -1;
}

static bool same_file(int fd, int other)
{
    struct stat one, two;

    return fstat(fd, &one) == 0 && fstat(other, &two) == 0 &&
           one.st_dev == two.st_dev && one.st_ino == two.st_ino;
}

/* Every tag there may be is a beginning of this. */
static const unsigned char *sample(void)
{
    static unsigned char bytes[2 * FD_TAG_MAX];

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)(i * 7);
    return bytes;
}

/* ---- the other side, with plain calls ------------------------------- */

union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(SCM_MAX * sizeof(int)) + 64];
};

static void put_rights(struct cmsghdr *c, const int *fds, size_t count)
{
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(c), fds, count * sizeof(int));
}

/* One sendmsg. What is on the way counts for all processes of a user, so
 * somebody else's may be too many for a moment. */
static ssize_t try_post(int to, const void *bytes, size_t n, const int *fds,
                        size_t count)
{
    union control control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t sent;

    if (count) {
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        put_rights(CMSG_FIRSTHDR(&message), fds, count);
    }
    for (int i = 0; i < 5000; i++, moment()) {
        sent = sendmsg(to, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent != -1 || errno != ETOOMANYREFS)
            break;
    }
    return sent;
}

/* The bytes, with so many copies of file. */
static void post(const void *bytes, size_t n, size_t count)
{
    int fds[SCM_MAX];

    for (size_t i = 0; i < count; i++)
        fds[i] = file;
    if (try_post(b, bytes, n, fds, count) != (ssize_t)n)
        FAIL_TEST("the test itself could not send (%s)", name_errno(errno));
}

/* A whole message that keeps to the format, but for the count. */
static void post_tag(const void *tag, size_t n, size_t count)
{
    unsigned char bytes[1 + FD_TAG_MAX] = {(unsigned char)n};

    memcpy(bytes + 1, tag, n);
    post(bytes, 1 + n, count);
}

/* What came with one recvmsg, without waiting. */
static struct {
    unsigned char bytes[1024];
    ssize_t size;
    size_t fds;
    int fd[SCM_MAX];
} got;

static void fetch(int from, size_t size)
{
    union control control;
    struct iovec part = {got.bytes, size};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = &control,
                             .msg_controllen = sizeof(control)};

    got.fds = 0;
    got.size = recvmsg(from, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got.size == -1)
        return;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    for (; c; c = CMSG_NXTHDR(&message, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
            got.fds = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            memcpy(got.fd, CMSG_DATA(c), got.fds * sizeof(int));
        }
}

/* A whole message from b. On a stream it may have been sent in parts. */
static void fetch_message(void)
{
    fetch(b, sizeof(got.bytes));
    while (got.size > 0 && got.size < 1 + got.bytes[0]) {
        ssize_t n = recv(b, got.bytes + got.size,
                         (size_t)(1 + got.bytes[0] - got.size), MSG_DONTWAIT);
        if (n <= 0)
            break;
        got.size += n;
    }
}

static void drop_fds(void)
{
    for (size_t i = 0; i < got.fds; i++)
        close(got.fd[i]);
    got.fds = 0;
}

/* ---- with the learner's --------------------------------------------- */

static struct {
    unsigned char before[8], bytes[FD_TAG_MAX + 1], after[8];
} tag;
static size_t len;

static int open_descriptors(void)
{
    int count = 0;

    for (int fd = 0; fd < MOST_FDS; fd++)
        count += fcntl(fd, F_GETFD) != -1;
    return count;
}

static bool is_fresh(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != FRESH)
            return false;
    return true;
}

/* Without counting: a thread that watches opens files of its own. */
static int receive_watched(int sock, size_t cap, struct peer *who)
{
    memset(&tag, FRESH, sizeof(tag));
    len = SIZE_MAX;
    errno = 0;
    int fd = fd_recv(sock, tag.bytes, cap, &len, who);
    int error = errno;
    bool beside = !is_fresh(tag.before, sizeof(tag.before)) ||
                  !is_fresh(tag.bytes + cap, sizeof(tag.bytes) - cap) ||
                  !is_fresh(tag.after, sizeof(tag.after));
    if (beside)
        FAIL_TEST("something was written beside tag, which has room for cap "
                  "bytes");
    errno = error;
    return fd;
}

static void check_count(int more, int fd, int error)
{
    errno = error;
    if (more > (fd != -1))
        FAIL_TEST("fd_recv has returned %d (%s), and %d descriptors more are "
                  "open than before. The kernel opens every descriptor of the "
                  "control message in your process, also where you meant one, "
                  "and when you refuse the message: close all but the one you "
                  "return",
                  fd, fd == -1 ? name_errno(error) : "a descriptor", more);
    if (more < 0)
        FAIL_TEST("fd_recv has closed a descriptor that it has not received, "
                  "the socket or another one of the caller's");
    if (more < (fd != -1))
        FAIL_TEST("fd_recv has returned %d, which is no new descriptor: the "
                  "number stands in the control message, and is open already",
                  fd);
    errno = error;
}

static int receive_from(int sock, size_t cap, struct peer *who)
{
    int open = open_descriptors();
    int fd = receive_watched(sock, cap, who), error = errno;

    check_count(open_descriptors() - open, fd, error);
    return fd;
}

static int receive(size_t cap)
{
    return receive_from(a, cap, NULL);
}

/* What may have been amiss when it failed. */
static const char *excuse(int error)
{
    switch (error) {
    case EPROTO:
        return "the message keeps to the format: one byte with the length, "
               "the tag, and one descriptor that came with the first byte. It "
               "comes with the bytes it was sent with, to recvmsg only: read "
               "and recv lose it. On a stream a message may come in parts";
    case ECONNRESET:
        return "the peer's end is open, or what it had sent before it closed "
               "is still to be received";
    case EMSGSIZE:
        return "the tag fits: tag has room for cap bytes, and no NUL is added";
    case EMFILE:
        return "there is room for one more descriptor";
    case EINTR:
        return "a signal came, and nothing has gone wrong: a call that "
               "returns -1 with EINTR has done nothing and is made again";
    default:
        return "nothing has gone wrong: the descriptor is returned";
    }
}

static void check_received(int fd, const void *want, size_t n, int original)
{
    CHECK_OK(fd, "%s", excuse(errno));
    CHECK_EQ(len, n, "*len is the tag's length: the first byte tells it");
    CHECK_MEM(tag.bytes, n, want, n,
              "the tag is bytes of any kind, as they were sent, all of them "
              "and no others");
    CHECK(fd != original && same_file(fd, original),
          "the descriptor that is returned has a number of its own, and is "
          "open on what was sent with this tag: the number stands in the "
          "control message of type SCM_RIGHTS, and is valid in your process");
    close(fd);
}

static void receives(const void *want, size_t n)
{
    int fd = receive(FD_TAG_MAX);

    check_received(fd, want, n, file);
}

static void next_arrives(void)
{
    int fd;

    IF_STUCK("A good message follows the bad one, and fd_recv does not see it: "
             "take the bytes that belong to a message, all of them and none "
             "more, whatever is wrong with it.");
    fd = receive(FD_TAG_MAX);
    CHECK(fd >= 0 && len == 4 && memcmp(tag.bytes, "next", 4) == 0,
          "a good message follows, and fd_recv did not receive it (%s): the "
          "bytes of the one before it are to be taken, all of them and none "
          "more, whatever is wrong with it",
          fd == -1 ? name_errno(errno) : "but another one");
    check_received(fd, "next", 4, file);
}

static void sends(int fd, const void *bytes, size_t n)
{
    CHECK_EQ(fd_send(a, fd, bytes, n), 0,
             "there is room, and the descriptor is open: it is sent, and that "
             "is 0");
}

#endif
