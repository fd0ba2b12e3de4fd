/*
 * Technique: EVP_DigestSign, SO_RCVTIMEO and SO_SNDTIMEO with the time
 * that is left, put back at the end; volatile sums.
 */
#include "handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int fails(int error)
{
    errno = error;
    return -1;
}

struct io {
    int fd, flags;
    long long end;
    struct timeval old_in, old_out;
};

/* The kernel's own time-outs, which the caller gets back as they were. */
static int io_begin(struct io *io, int fd)
{
    socklen_t size = sizeof(struct timeval);

    io->fd = fd;
    io->end = now_ms() + AUTH_TIMEOUT_MS;
    io->flags = fcntl(fd, F_GETFL);
    if (io->flags == -1 ||
        getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &io->old_in, &size) == -1 ||
        getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &io->old_out, &size) == -1)
        return -1;
    return fcntl(fd, F_SETFL, io->flags & ~O_NONBLOCK);
}

static void io_end(struct io *io)
{
    int kept = errno;

    setsockopt(io->fd, SOL_SOCKET, SO_RCVTIMEO, &io->old_in,
               sizeof(io->old_in));
    setsockopt(io->fd, SOL_SOCKET, SO_SNDTIMEO, &io->old_out,
               sizeof(io->old_out));
    fcntl(io->fd, F_SETFL, io->flags);
    errno = kept;
}

static int io_move(struct io *io, unsigned char *p, size_t n, bool out)
{
    while (n > 0) {
        long long left = io->end - now_ms();
        struct timeval limit = {left / 1000, left % 1000 * 1000};
        ssize_t k;

        if (left <= 0)
            return fails(ETIMEDOUT);
        if (setsockopt(io->fd, SOL_SOCKET, out ? SO_SNDTIMEO : SO_RCVTIMEO,
                       &limit, sizeof(limit)) == -1)
            return -1;
        k = out ? send(io->fd, p, n, MSG_NOSIGNAL)
                : recv(io->fd, p, n, MSG_WAITALL);
        if (k == 0)
            return fails(EPROTO);
        if (k == -1 && errno != EINTR && errno != EAGAIN)
            return -1;
        if (k > 0) {
            p += k;
            n -= (size_t)k;
        }
    }
    return 0;
}

static size_t mac(bool md5, const void *key, size_t len, const void *text,
                  size_t n, unsigned char *out)
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL, key, len);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    size_t size = EVP_MAX_MD_SIZE;

    if (!pkey || !ctx ||
        EVP_DigestSignInit(ctx, NULL, md5 ? EVP_md5() : EVP_sha256(), NULL,
                           pkey) != 1 ||
        EVP_DigestSign(ctx, out, &size, text, n) != 1)
        size = 0;
    EVP_MD_CTX_free(ctx);
    EVP_PKEY_free(pkey);
    return size;
}

static bool fresh(unsigned char *buf, size_t n)
{
    return getentropy(buf, n) == 0;
}

/* volatile, so that no compiler has better ideas. */
static bool same(const volatile unsigned char *a,
                 const volatile unsigned char *b, size_t n)
{
    volatile unsigned wrong = 0;

    while (n-- > 0)
        wrong += (unsigned)(a[n] ^ b[n]);
    return wrong == 0;
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
    return fails(EACCES);
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
