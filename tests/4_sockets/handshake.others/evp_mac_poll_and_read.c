/*
 * Technique: EVP_MAC of OpenSSL 3, poll before each read and write, SIGPIPE
 * held back and thrown away, random bytes from RAND_bytes.
 */
#include "handshake.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static bool md5_ok = true;

void auth_allow_md5(bool allow)
{
    md5_ok = allow;
}

static long long now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

struct line {
    int fd;
    long long end;
};

static int ready(struct line *l, short what)
{
    for (;;) {
        struct pollfd p = {l->fd, what, 0};
        long long left = l->end - now_ns();
        int rc;

        if (l->fd < 0) {
            errno = EBADF;
            return -1;
        }
        if (left <= 0) {
            errno = ETIMEDOUT;
            return -1;
        }
        rc = poll(&p, 1, (int)(left / 1000000 + 1));
        if (rc > 0)
            return 0;
        if (rc < 0 && errno != EINTR)
            return -1;
    }
}

static int move(struct line *l, void *buf, size_t n, bool out)
{
    char *p = buf;

    while (n > 0) {
        ssize_t k;

        if (ready(l, out ? POLLOUT : POLLIN) < 0)
            return -1;
        k = out ? write(l->fd, p, n) : read(l->fd, p, n);
        if (k < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (k < 0)
            return -1;
        if (k == 0) {
            errno = EPROTO;
            return -1;
        }
        p += k;
        n -= (size_t)k;
    }
    return 0;
}

static int say(struct line *l, const void *msg, size_t n)
{
    unsigned char frame[4 + 256] = {0, 0, (unsigned char)(n >> 8),
                                    (unsigned char)n};

    memcpy(frame + 4, msg, n);
    return move(l, frame, 4 + n, true);
}

static ssize_t hear(struct line *l, unsigned char msg[AUTH_MESSAGE_MAX])
{
    unsigned char h[4];
    unsigned n;

    if (move(l, h, 4, false) < 0)
        return -1;
    n = (unsigned)h[0] << 24 | (unsigned)h[1] << 16 | (unsigned)h[2] << 8 |
        h[3];
    if (n > AUTH_MESSAGE_MAX) {
        errno = EPROTO;
        return -1;
    }
    return move(l, msg, n, false) < 0 ? -1 : (ssize_t)n;
}

/* 0: libcrypto would not. */
static size_t hmac(const char *digest, const void *key, size_t len,
                   const void *text, size_t n, unsigned char out[64])
{
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *ctx = mac ? EVP_MAC_CTX_new(mac) : NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, (char *)digest,
                                         0),
        OSSL_PARAM_construct_end(),
    };
    size_t got = 0;

    if (!ctx || !EVP_MAC_init(ctx, key, len, params) ||
        !EVP_MAC_update(ctx, text, n) || !EVP_MAC_final(ctx, out, &got, 64))
        got = 0;
    EVP_MAC_CTX_free(ctx);
    EVP_MAC_free(mac);
    return got;
}

/* Python's other digests are understood, too. */
static const char *const names[] = {"sha256", "sha384", "sha3-256", "sha3-384"};
static const char *const tags[] = {"{sha256}", "{sha384}", "{sha3_256}",
                                   "{sha3_384}"};

static int tag_of(const unsigned char *text, size_t n)
{
    for (int i = 0; i < 4; i++)
        if (n >= strlen(tags[i]) && memcmp(text, tags[i], strlen(tags[i])) == 0)
            return i;
    return -1;
}

static size_t proof(const void *key, size_t len, const unsigned char *text,
                    size_t n, int tag, unsigned char out[128])
{
    size_t at = tag < 0 ? 0 : strlen(tags[tag]), got;

    if (tag >= 0)
        memcpy(out, tags[tag], at);
    got = hmac(tag < 0 ? "md5" : names[tag], key, len, text, n, out + at);
    return got ? at + got : 0;
}

static int ask(struct line *l, const void *key, size_t len,
               unsigned char text[48])
{
    unsigned char msg[256], right[128];
    ssize_t n;
    size_t want;
    int tag;

    memcpy(text, "{sha256}", 8);
    if (RAND_bytes(text + 8, 40) != 1) {
        errno = EIO;
        return -1;
    }
    memcpy(msg, "#CHALLENGE#", 11);
    memcpy(msg + 11, text, 48);
    if (say(l, msg, 59) < 0 || (n = hear(l, msg)) < 0)
        return -1;
    tag = tag_of(msg, (size_t)n);
    if (tag >= 0 || (n == 16 && md5_ok)) {
        want = proof(key, len, text, 48, tag, right);
        if (want && want == (size_t)n && !CRYPTO_memcmp(msg, right, want))
            return say(l, "#WELCOME#", 9);
    }
    say(l, "#FAILURE#", 9);
    errno = EACCES;
    return -1;
}

static int tell(struct line *l, const void *key, size_t len,
                const unsigned char ours[48])
{
    unsigned char msg[256], answer[128], *text = msg + 11;
    ssize_t n = hear(l, msg);
    int tag;
    size_t k;

    if (n < 0)
        return -1;
    errno = EPROTO;
    if (n < 31 || memcmp(msg, "#CHALLENGE#", 11) != 0)
        return -1;
    n -= 11;
    tag = tag_of(text, (size_t)n);
    if (tag < 0 && n > 20)
        return -1;
    errno = EACCES;
    if ((tag < 0 && !md5_ok) || (n == 48 && ours && !memcmp(text, ours, 48)))
        return -1;
    if (!(k = proof(key, len, text, (size_t)n, tag, answer)))
        return -1;
    if (say(l, answer, k) < 0 || (n = hear(l, msg)) < 0)
        return -1;
    if (n == 9 && !memcmp(msg, "#WELCOME#", 9))
        return 0;
    errno = n == 9 && !memcmp(msg, "#FAILURE#", 9) ? EACCES : EPROTO;
    return -1;
}

/* write has no MSG_NOSIGNAL. */
static bool hold_back(sigset_t *pipe, sigset_t *old)
{
    sigset_t pending;

    sigemptyset(pipe);
    sigaddset(pipe, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, pipe, old);
    return sigismember(&pending, SIGPIPE) == 1;
}

static void let_go(const sigset_t *pipe, const sigset_t *old, bool was_pending)
{
    int kept = errno;

    if (!was_pending)
        while (sigtimedwait(pipe, NULL, &(struct timespec){0, 0}) == -1 &&
               errno == EINTR)
            continue;
    pthread_sigmask(SIG_SETMASK, old, NULL);
    errno = kept;
}

static int both(int fd, const void *key, size_t len, bool first)
{
    struct line l = {fd, now_ns() + AUTH_TIMEOUT_MS * 1000000LL};
    unsigned char text[48];
    sigset_t pipe, old;
    bool pending;
    int rc;

    if (len == 0) {
        errno = EINVAL;
        return -1;
    }
    pending = hold_back(&pipe, &old);
    if (first)
        rc = ask(&l, key, len, text) < 0 ? -1 : tell(&l, key, len, text);
    else
        rc = tell(&l, key, len, NULL) < 0 ? -1 : ask(&l, key, len, text);
    let_go(&pipe, &old, pending);
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
