/*
 * handshake_watch.h — what the learner's code does between the calls.
 *
 * The Makefile has the learner's object call test_x where it says x, for each
 * x of redirect_handshake, and call __sanitizer_cov_trace_pc at each of its
 * basic blocks. So tests know how far a comparison goes, what is compared with
 * memcmp, and can let libcrypto fail, as it may: MD5 is switched off on many
 * machines. No other code is redirected.
 */
#ifndef HANDSHAKE_WATCH_H
#define HANDSHAKE_WATCH_H

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <string.h>
#include <strings.h>

#include "calls_shape.h"
#include "fact.h"
#include "logbook.h"

/* ---- basic blocks ------------------------------------------------------ */

/* Blocks between two calls that moved bytes: [k] after the kth. */
enum { MOST_MOVES = 400 };
static struct {
    bool on;
    int before;
    unsigned from;
    unsigned blocks[MOST_MOVES + 1];
} trace;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
    int moves;

    if (!trace.on)
        return;
    moves = page->proc[logbook_self()].moved - trace.before;
    trace.blocks[moves < MOST_MOVES ? moves : MOST_MOVES]++;
}

static inline void trace_begin(void)
{
    memset(&trace, 0, sizeof(trace));
    trace.before = page->proc[logbook_self()].moved;
    trace.from = page->events;
    trace.on = true;
}

/* The blocks after the last call that received something: that is where an
 * answer is looked at, between the call that brought it and the verdict. */
static inline unsigned trace_end(void)
{
    int moves = 0, last = 0;

    trace.on = false;
    for (unsigned i = trace.from; i < page->events; i++) {
        const struct page_event *e = &page->event[i % PAGE_EVENTS];
        if (e->pid != getpid() || e->result <= 0 ||
            !call_moves_bytes((enum sea_call)e->call))
            continue;
        moves++;
        if (strncmp(call_name[e->call], "re", 2) == 0) /* read, recv … */
            last = moves;
    }
    return trace.blocks[last < MOST_MOVES ? last : MOST_MOVES];
}

/* ---- comparisons ------------------------------------------------------- */

/* The digest that nobody may learn, and what it was compared with; in shared
 * memory: the peer is told the question, and works it out. */
struct secret {
    unsigned char mac[32];
    size_t len; /* 0: nothing to watch */
};
static struct secret *secret;
static const char *compared_with;

static inline bool has_secret(const void *bytes, size_t n)
{
    for (size_t i = 0; secret && i + 8 <= secret->len; i += 8)
        if (memmem(bytes, n, secret->mac + i, 8))
            return true;
    return false;
}

static inline void compares(const char *name, const void *a, size_t na,
                            const void *b, size_t nb)
{
    if (has_secret(a, na) || has_secret(b, nb))
        compared_with = name;
}

int test_memcmp(const void *, const void *, size_t);
int test_memcmp(const void *a, const void *b, size_t n)
{
    compares("memcmp", a, n, b, n);
    return memcmp(a, b, n);
}

int test_bcmp(const void *, const void *, size_t);
int test_bcmp(const void *a, const void *b, size_t n)
{
    compares("bcmp", a, n, b, n);
    return memcmp(a, b, n);
}

int test_strcmp(const char *, const char *);
int test_strcmp(const char *a, const char *b)
{
    compares("strcmp", a, strlen(a), b, strlen(b));
    return strcmp(a, b);
}

int test_strncmp(const char *, const char *, size_t);
int test_strncmp(const char *a, const char *b, size_t n)
{
    compares("strncmp", a, strnlen(a, n), b, strnlen(b, n));
    return strncmp(a, b, n);
}

void *test_memmem(const void *, size_t, const void *, size_t);
void *test_memmem(const void *in, size_t n, const void *what, size_t len)
{
    compares("memmem", "", 0, what, len);
    return memmem(in, n, what, len);
}

/* ---- no surprise ------------------------------------------------------- */

/* What these give was never random: whoever sees some of it knows the rest.
 * Here everybody sees it. */
int test_rand(void), test_rand_r(unsigned *);
long test_random(void), test_lrand48(void), test_mrand48(void);
long test_nrand48(unsigned short[3]), test_jrand48(unsigned short[3]);
double test_drand48(void), test_erand48(unsigned short[3]);

int test_rand(void)
{
    return 4;
}
int test_rand_r(unsigned *seed)
{
    (void)seed;
    return 4;
}
long test_random(void)
{
    return 4;
}
long test_lrand48(void)
{
    return 4;
}
long test_mrand48(void)
{
    return 4;
}
long test_nrand48(unsigned short seed[3])
{
    (void)seed;
    return 4;
}
long test_jrand48(unsigned short seed[3])
{
    (void)seed;
    return 4;
}
double test_drand48(void)
{
    return 0.25;
}
double test_erand48(unsigned short seed[3])
{
    (void)seed;
    return 0.25;
}

/* ---- libcrypto fails --------------------------------------------------- */

/* The nth of these calls fails (0: none), or it and all later ones. */
static struct {
    int nth, calls;
    bool persists, hit;
    bool no_random;
} crypto;

static inline bool crypto_fails(void)
{
    bool now = ++crypto.calls == crypto.nth ||
               (crypto.persists && crypto.nth && crypto.calls > crypto.nth);

    crypto.hit |= now;
    return now;
}

#define CRYPTO(type, failure, name, params, args)                              \
    type test_##name params;                                                   \
    type test_##name params                                                    \
    {                                                                          \
        return crypto_fails() ? (failure) : name args;                         \
    }
#define RANDOM_BYTES(name, params, args)                                       \
    int test_##name params;                                                    \
    int test_##name params                                                     \
    {                                                                          \
        return crypto.no_random || crypto_fails() ? 0 : name args;             \
    }
#define UCHAR const unsigned char

RANDOM_BYTES(RAND_bytes, (unsigned char *out, int n), (out, n))
RANDOM_BYTES(RAND_priv_bytes, (unsigned char *out, int n), (out, n))
CRYPTO(unsigned char *, NULL, HMAC,
       (const EVP_MD *md, const void *key, int key_len, UCHAR *data, size_t n,
        unsigned char *out, unsigned *len),
       (md, key, key_len, data, n, out, len))
CRYPTO(EVP_MD_CTX *, NULL, EVP_MD_CTX_new, (void), ())
CRYPTO(int, 0, EVP_DigestInit_ex,
       (EVP_MD_CTX * ctx, const EVP_MD *md, ENGINE *e), (ctx, md, e))
CRYPTO(int, 0, EVP_DigestUpdate, (EVP_MD_CTX * ctx, const void *data, size_t n),
       (ctx, data, n))
CRYPTO(int, 0, EVP_DigestFinal_ex,
       (EVP_MD_CTX * ctx, unsigned char *out, unsigned *len), (ctx, out, len))
CRYPTO(int, 0, EVP_Digest,
       (const void *data, size_t n, unsigned char *out, unsigned *len,
        const EVP_MD *md, ENGINE *e),
       (data, n, out, len, md, e))
CRYPTO(EVP_PKEY *, NULL, EVP_PKEY_new_mac_key,
       (int type, ENGINE *e, UCHAR *key, int len), (type, e, key, len))
CRYPTO(EVP_PKEY *, NULL, EVP_PKEY_new_raw_private_key,
       (int type, ENGINE *e, UCHAR *key, size_t len), (type, e, key, len))
CRYPTO(int, 0, EVP_DigestSignInit,
       (EVP_MD_CTX * ctx, EVP_PKEY_CTX **pkey_ctx, const EVP_MD *md, ENGINE *e,
        EVP_PKEY *key),
       (ctx, pkey_ctx, md, e, key))
CRYPTO(int, 0, EVP_DigestSign,
       (EVP_MD_CTX * ctx, unsigned char *out, size_t *len, UCHAR *data,
        size_t n),
       (ctx, out, len, data, n))
CRYPTO(int, 0, EVP_DigestSignFinal,
       (EVP_MD_CTX * ctx, unsigned char *out, size_t *len), (ctx, out, len))

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
CRYPTO(HMAC_CTX *, NULL, HMAC_CTX_new, (void), ())
CRYPTO(int, 0, HMAC_Init_ex,
       (HMAC_CTX * ctx, const void *key, int len, const EVP_MD *md, ENGINE *e),
       (ctx, key, len, md, e))
CRYPTO(int, 0, HMAC_Update, (HMAC_CTX * ctx, UCHAR *data, size_t n),
       (ctx, data, n))
CRYPTO(int, 0, HMAC_Final, (HMAC_CTX * ctx, unsigned char *out, unsigned *len),
       (ctx, out, len))
#pragma GCC diagnostic pop

#if OPENSSL_VERSION_NUMBER >= 0x30000000L
RANDOM_BYTES(RAND_bytes_ex,
             (OSSL_LIB_CTX * ctx, unsigned char *out, size_t n,
              unsigned strength),
             (ctx, out, n, strength))
RANDOM_BYTES(RAND_priv_bytes_ex,
             (OSSL_LIB_CTX * ctx, unsigned char *out, size_t n,
              unsigned strength),
             (ctx, out, n, strength))
CRYPTO(unsigned char *, NULL, EVP_Q_mac,
       (OSSL_LIB_CTX * ctx, const char *name, const char *propq,
        const char *subalg, const OSSL_PARAM *params, const void *key,
        size_t key_len, UCHAR *data, size_t n, unsigned char *out, size_t cap,
        size_t *len),
       (ctx, name, propq, subalg, params, key, key_len, data, n, out, cap, len))
CRYPTO(EVP_MAC *, NULL, EVP_MAC_fetch,
       (OSSL_LIB_CTX * ctx, const char *name, const char *propq),
       (ctx, name, propq))
CRYPTO(EVP_MAC_CTX *, NULL, EVP_MAC_CTX_new, (EVP_MAC * mac), (mac))
CRYPTO(int, 0, EVP_MAC_init,
       (EVP_MAC_CTX * ctx, UCHAR *key, size_t len, const OSSL_PARAM params[]),
       (ctx, key, len, params))
CRYPTO(int, 0, EVP_MAC_update, (EVP_MAC_CTX * ctx, UCHAR *data, size_t n),
       (ctx, data, n))
CRYPTO(int, 0, EVP_MAC_final,
       (EVP_MAC_CTX * ctx, unsigned char *out, size_t *len, size_t cap),
       (ctx, out, len, cap))
#endif

#endif
