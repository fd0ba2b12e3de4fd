/*
 * Technique: HMAC, poll on the boot clock, MSG_PEEK and then as much as
 * there is; write, while SIGPIPE is ignored; /dev/urandom with fread.
 */
#include "handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int fails(int error)
{
    errno = error;
    return -1;
}

struct io {
    int fd;
    long long end;
    struct sigaction old;
};

static long long now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_BOOTTIME, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

/* SIGPIPE is ignored meanwhile, for write. */
static int io_begin(struct io *io, int fd)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    io->fd = fd;
    io->end = now_us() + AUTH_TIMEOUT_MS * 1000LL;
    return sigaction(SIGPIPE, &ignore, &io->old);
}

static void io_end(struct io *io)
{
    int kept = errno;

    sigaction(SIGPIPE, &io->old, NULL);
    errno = kept;
}

static int io_wait(struct io *io, short what)
{
    struct pollfd p = {.fd = io->fd, .events = what};
    long long left = io->end - now_us();
    int rc;

    if (io->fd < 0)
        return fails(EBADF);
    if (left <= 0)
        return fails(ETIMEDOUT);
    rc = poll(&p, 1, (int)(left / 1000) + 1);
    if (rc == -1 && errno == EINTR)
        return io_wait(io, what);
    if (rc == 1 && p.revents & POLLNVAL)
        return fails(EBADF);
    return rc == 0 ? fails(ETIMEDOUT) : rc;
}

/* First a look at what is there, then no more than that. */
static int io_move(struct io *io, unsigned char *p, size_t n, bool out)
{
    while (n > 0) {
        ssize_t k;

        if (io_wait(io, out ? POLLOUT : POLLIN) == -1)
            return -1;
        if (out) {
            k = write(io->fd, p, n);
        } else {
            k = recv(io->fd, p, n, MSG_PEEK | MSG_DONTWAIT);
            if (k > 0)
                k = recv(io->fd, p, (size_t)k, 0);
        }
        if (k == 0)
            return fails(EPROTO);
        if (k == -1 && errno != EAGAIN && errno != EINTR)
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
    const EVP_MD *md = EVP_get_digestbyname(md5 ? "MD5" : "SHA256");
    unsigned size = 0;

    return md && HMAC(md, key, (int)len, text, n, out, &size) ? size : 0;
}

static bool fresh(unsigned char *buf, size_t n)
{
    FILE *f = fopen("/dev/urandom", "re");
    bool all = f && fread(buf, 1, n, f) == n;

    if (f)
        fclose(f);
    return all;
}

static bool same(const unsigned char *a, const unsigned char *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
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
        return fails(EPROTO);
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
