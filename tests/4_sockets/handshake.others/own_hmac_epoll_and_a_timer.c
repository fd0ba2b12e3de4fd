/*
 * Technique: HMAC from a hash, by hand; epoll waits for the peer and for
 * a timerfd; digests are compared by the MAC of both.
 */
#include "handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static int fails(int error)
{
    errno = error;
    return -1;
}

struct io {
    int fd, epoll, timer;
};

/* A timer is a descriptor, too: one wait for both. */
static int io_begin(struct io *io, int fd)
{
    struct itimerspec when = {
        .it_value = {AUTH_TIMEOUT_MS / 1000, AUTH_TIMEOUT_MS % 1000 * 1000000}};
    struct epoll_event event = {.events = EPOLLIN};
    int kept;

    io->fd = fd;
    io->epoll = epoll_create1(EPOLL_CLOEXEC);
    io->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (io->epoll >= 0 && io->timer >= 0 &&
        timerfd_settime(io->timer, 0, &when, NULL) == 0 &&
        epoll_ctl(io->epoll, EPOLL_CTL_ADD, io->timer, &event) == 0) {
        event = (struct epoll_event){.events = 0, .data.u32 = 1};
        if (epoll_ctl(io->epoll, EPOLL_CTL_ADD, fd, &event) == 0)
            return 0;
    }
    kept = errno;
    if (io->epoll >= 0)
        close(io->epoll);
    if (io->timer >= 0)
        close(io->timer);
    return fails(kept);
}

static void io_end(struct io *io)
{
    int kept = errno;

    close(io->epoll);
    close(io->timer);
    errno = kept;
}

static int io_wait(struct io *io, bool out)
{
    struct epoll_event event = {.events = out ? EPOLLOUT : EPOLLIN,
                                .data.u32 = 1};
    struct epoll_event come[2];
    int n;

    if (epoll_ctl(io->epoll, EPOLL_CTL_MOD, io->fd, &event) == -1)
        return -1;
    n = epoll_wait(io->epoll, come, 2, -1);
    if (n == -1)
        return errno == EINTR ? 0 : -1;
    for (int i = 0; i < n; i++)
        if (come[i].data.u32 == 0)
            return fails(ETIMEDOUT);
    return 0;
}

static int io_move(struct io *io, unsigned char *p, size_t n, bool out)
{
    while (n > 0) {
        struct iovec v = {p, n};
        struct msghdr m = {.msg_iov = &v, .msg_iovlen = 1};
        ssize_t k = out ? sendmsg(io->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT)
                        : recvmsg(io->fd, &m, MSG_DONTWAIT);
        if (k == 0)
            return fails(EPROTO);
        if (k == -1 && errno != EAGAIN && errno != EINTR)
            return -1;
        if (k == -1 && io_wait(io, out) == -1)
            return -1;
        if (k > 0) {
            p += k;
            n -= (size_t)k;
        }
    }
    return 0;
}

/* RFC 2104, with what it needs of a hash. */
static bool hash(const EVP_MD *md, const void *a, size_t na, const void *b,
                 size_t nb, unsigned char *out)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = ctx && EVP_DigestInit_ex(ctx, md, NULL) &&
                EVP_DigestUpdate(ctx, a, na) && EVP_DigestUpdate(ctx, b, nb) &&
                EVP_DigestFinal_ex(ctx, out, NULL);

    EVP_MD_CTX_free(ctx);
    return fine;
}

static size_t mac(bool md5, const void *key, size_t len, const void *text,
                  size_t n, unsigned char *out)
{
    const EVP_MD *md = md5 ? EVP_md5() : EVP_sha256();
    size_t size = md5 ? 16 : 32;
    unsigned char block[64] = {0}, inner[64], outer[64], sum[32];

    if (len > 64) {
        if (!hash(md, key, len, "", 0, block))
            return 0;
    } else {
        memcpy(block, key, len);
    }
    for (int i = 0; i < 64; i++) {
        inner[i] = block[i] ^ 0x36;
        outer[i] = block[i] ^ 0x5c;
    }
    if (!hash(md, inner, 64, text, n, sum) ||
        !hash(md, outer, 64, sum, size, out))
        return 0;
    return size;
}

static bool fresh(unsigned char *buf, size_t n)
{
    if (RAND_priv_bytes(buf, (int)n) == 1)
        return true;
    errno = EAGAIN;
    return false;
}

/* Whatever memcmp tells is about two digests that nobody can foresee. */
static bool same(const unsigned char *a, const unsigned char *b, size_t n)
{
    unsigned char once[32], of_a[EVP_MAX_MD_SIZE], of_b[EVP_MAX_MD_SIZE];

    return fresh(once, sizeof(once)) && mac(false, once, 32, a, n, of_a) &&
           mac(false, once, 32, b, n, of_b) && memcmp(of_a, of_b, 32) == 0;
}

static bool weak = true;

void auth_allow_md5(bool allow)
{
    weak = allow;
}

struct words {
    size_t len;
    unsigned char bytes[AUTH_MESSAGE_MAX];
};

static int say(struct io *io, const void *msg, size_t n)
{
    unsigned char out[4 + AUTH_MESSAGE_MAX];
    uint32_t size = htonl((uint32_t)n);

    memcpy(out, &size, 4);
    memcpy(out + 4, msg, n);
    return io_move(io, out, 4 + n, true);
}

static int hear(struct io *io, struct words *msg)
{
    uint32_t size;

    if (io_move(io, (unsigned char *)&size, 4, false) == -1)
        return -1;
    msg->len = ntohl(size);
    if (msg->len > AUTH_MESSAGE_MAX)
        return fails(EPROTO);
    return io_move(io, msg->bytes, msg->len, false);
}

static bool starts(const unsigned char *p, size_t n, const char *with)
{
    size_t len = strlen(with);

    return n >= len && memcmp(p, with, len) == 0;
}

static int ask(struct io *io, const void *key, size_t len, struct words *ours)
{
    struct words msg = {.len = 59};
    unsigned char right[EVP_MAX_MD_SIZE];
    bool fine = false;

    memcpy(msg.bytes, "#CHALLENGE#{sha256}", 19);
    if (!fresh(msg.bytes + 19, 40))
        return -1;
    *ours = msg;
    if (say(io, msg.bytes, msg.len) == -1 || hear(io, &msg) == -1)
        return -1;
    if (msg.len == 40 && starts(msg.bytes, 40, "{sha256}"))
        fine = mac(false, key, len, ours->bytes + 11, 48, right) == 32 &&
               same(right, msg.bytes + 8, 32);
    else if (msg.len == 16 && weak)
        fine = mac(true, key, len, ours->bytes + 11, 48, right) == 16 &&
               same(right, msg.bytes, 16);
    if (fine)
        return say(io, "#WELCOME#", 9);
    say(io, "#FAILURE#", 9);
    return fails(EACCES);
}

static int reply(struct io *io, const void *key, size_t len,
                 const struct words *ours)
{
    struct words msg;
    unsigned char out[8 + EVP_MAX_MD_SIZE] = "{sha256}";
    size_t size;

    if (hear(io, &msg) == -1)
        return -1;
    if (!starts(msg.bytes, msg.len, "#CHALLENGE#"))
        return fails(EPROTO);
    if (ours && msg.len == ours->len &&
        memcmp(msg.bytes, ours->bytes, msg.len) == 0)
        return fails(EACCES);
    /* Whatever names no digest of ours gets MD5: Python takes it. */
    if (msg.len < 31)
        return fails(EACCES);
    if (starts(msg.bytes + 11, msg.len - 11, "{sha256}")) {
        size = mac(false, key, len, msg.bytes + 11, msg.len - 11, out + 8) + 8;
        if (size == 8)
            return fails(EIO);
    } else {
        size =
            weak ? mac(true, key, len, msg.bytes + 11, msg.len - 11, out) : 0;
        if (size == 0)
            return fails(EACCES);
    }
    if (say(io, out, size) == -1 || hear(io, &msg) == -1)
        return -1;
    if (msg.len == 9 && starts(msg.bytes, 9, "#WELCOME#"))
        return 0;
    return fails(starts(msg.bytes, msg.len, "#FAILURE#") ? EACCES : EPROTO);
}

static int both(int fd, const void *key, size_t len, bool listener)
{
    struct words ours;
    struct io io;
    int rc;

    if (len == 0)
        return fails(EINVAL);
    if (io_begin(&io, fd) == -1)
        return -1;
    if (listener)
        rc = ask(&io, key, len, &ours) == -1 ? -1 : reply(&io, key, len, &ours);
    else
        rc = reply(&io, key, len, NULL) == -1 ? -1 : ask(&io, key, len, &ours);
    io_end(&io);
    return rc;
}

int auth_accept(int fd, const void *key, size_t len)
{
    return both(fd, key, len, true);
}

int auth_connect(int fd, const void *key, size_t len)
{
    return both(fd, key, len, false);
}
