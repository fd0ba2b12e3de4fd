/*
 * Technique: HMAC_CTX, select on a descriptor that does not block
 * meanwhile, /dev/urandom, and a loop of or.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "handshake.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdint.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
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
};

/* The descriptor does not block meanwhile. */
static int io_begin(struct io *io, int fd)
{
    io->fd = fd;
    io->end = now_ms() + AUTH_TIMEOUT_MS;
    io->flags = fcntl(fd, F_GETFL);
    if (io->flags == -1)
        return -1;
    return fcntl(fd, F_SETFL, io->flags | O_NONBLOCK);
}

static void io_end(struct io *io)
{
    int kept = errno;

    fcntl(io->fd, F_SETFL, io->flags);
    errno = kept;
}

static int io_wait(struct io *io, bool out)
{
    long long left = io->end - now_ms();
    struct timeval limit = {left / 1000, left % 1000 * 1000};
    fd_set set;

    if (left <= 0)
        return fails(ETIMEDOUT);
    FD_ZERO(&set);
    FD_SET(io->fd, &set);
    if (select(io->fd + 1, out ? NULL : &set, out ? &set : NULL, NULL,
               &limit) == -1 &&
        errno != EINTR)
        return -1;
    return 0;
}

static int io_move(struct io *io, unsigned char *p, size_t n, bool out)
{
    while (n > 0) {
        ssize_t k =
            out ? send(io->fd, p, n, MSG_NOSIGNAL) : recv(io->fd, p, n, 0);
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

static size_t mac(bool md5, const void *key, size_t len, const void *text,
                  size_t n, unsigned char *out)
{
    HMAC_CTX *ctx = HMAC_CTX_new();
    unsigned size = 0;

    if (!ctx ||
        !HMAC_Init_ex(ctx, key, (int)len, md5 ? EVP_md5() : EVP_sha256(),
                      NULL) ||
        !HMAC_Update(ctx, text, n) || !HMAC_Final(ctx, out, &size))
        size = 0;
    HMAC_CTX_free(ctx);
    return size;
}

static bool fresh(unsigned char *buf, size_t n)
{
    int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC), kept;
    size_t done = 0;

    if (fd == -1)
        return false;
    while (done < n) {
        ssize_t k = read(fd, buf + done, n - done);
        if (k > 0)
            done += (size_t)k;
        else if (k == 0 || errno != EINTR)
            break;
    }
    kept = errno;
    close(fd);
    errno = kept;
    return done == n;
}

static bool same(const unsigned char *a, const unsigned char *b, size_t n)
{
    unsigned char differ = 0;

    for (size_t i = 0; i < n; i++)
        differ |= a[i] ^ b[i];
    return differ == 0;
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
    /* The two kinds that Python sends, and no other. */
    if (msg.len == 59 && starts(msg.bytes + 11, 48, "{sha256}")) {
        size = mac(false, key, len, msg.bytes + 11, 48, out + 8) + 8;
        if (size == 8)
            return fails(EACCES);
    } else if (msg.len == 31) {
        size = weak ? mac(true, key, len, msg.bytes + 11, 20, out) : 0;
        if (size == 0)
            return fails(EACCES);
    } else {
        return fails(EPROTO);
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
