#include "handshake.h"

#include <errno.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#define CHALLENGE "#CHALLENGE#"
#define WELCOME "#WELCOME#"
#define FAILURE "#FAILURE#"
#define SHA256 "{sha256}"

enum {
    HEAD = 4,
    LABEL = sizeof(CHALLENGE) - 1,
    PREFIX = sizeof(SHA256) - 1,
    RANDOM = 40,
    TEXT = PREFIX + RANDOM,
    OLD_TEXT = 20,
    SHA256_SIZE = 32,
    MD5_SIZE = 16
};

struct peer {
    int fd;
    int64_t deadline;
    const void *key;
    int key_len;
    unsigned char text[TEXT]; /* that we have sent; zeros before */
};

struct message {
    size_t len;
    unsigned char bytes[AUTH_MESSAGE_MAX];
};

static bool md5_allowed = true;

void auth_allow_md5(bool allow)
{
    md5_allowed = allow;
}

static int fail(int error)
{
    errno = error;
    return -1;
}

/* ---- bytes, and until when --------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* After a call that moved nothing: 0 when it is worth another try. */
static int wait_for(const struct peer *peer, short events)
{
    struct pollfd wanted = {.fd = peer->fd, .events = events};
    int64_t left = peer->deadline - now_ms();

    if (errno != EAGAIN && errno != EINTR)
        return -1;
    if (left <= 0)
        return fail(ETIMEDOUT);
    if (poll(&wanted, 1, (int)left) == -1 && errno != EINTR)
        return -1;
    return 0;
}

static int put(const struct peer *peer, const void *buf, size_t n)
{
    const char *bytes = buf;

    for (size_t done = 0; done < n;) {
        ssize_t moved =
            send(peer->fd, bytes + done, n - done, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (moved >= 0)
            done += (size_t)moved;
        else if (wait_for(peer, POLLOUT) == -1)
            return -1;
    }
    return 0;
}

static int get(const struct peer *peer, void *buf, size_t n)
{
    char *bytes = buf;

    for (size_t done = 0; done < n;) {
        ssize_t moved = recv(peer->fd, bytes + done, n - done, MSG_DONTWAIT);
        if (moved > 0)
            done += (size_t)moved;
        else if (moved == 0)
            return fail(EPROTO);
        else if (wait_for(peer, POLLIN) == -1)
            return -1;
    }
    return 0;
}

static int send_message(const struct peer *peer, const void *msg, size_t len)
{
    unsigned char frame[HEAD + AUTH_MESSAGE_MAX] = {0};

    frame[HEAD - 1] = (unsigned char)len; /* ours are shorter than 256 */
    memcpy(frame + HEAD, msg, len);
    return put(peer, frame, HEAD + len);
}

/* No byte more than the message has: the next one may be the caller's. */
static int receive(const struct peer *peer, struct message *msg)
{
    unsigned char head[HEAD];

    if (get(peer, head, HEAD) == -1)
        return -1;
    msg->len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
               (size_t)head[2] << 8 | head[3];
    if (msg->len > sizeof(msg->bytes))
        return fail(EPROTO);
    return get(peer, msg->bytes, msg->len);
}

static bool is(const struct message *msg, const char *word)
{
    return msg->len == strlen(word) && memcmp(msg->bytes, word, msg->len) == 0;
}

static bool begins(const void *bytes, size_t len, const char *word)
{
    return len >= strlen(word) && memcmp(bytes, word, strlen(word)) == 0;
}

/* ---- proofs ------------------------------------------------------------ */

/* The MAC of a text and what stands before it: the length of the answer. 0
 * when libcrypto does not give it, as it may with MD5. */
static size_t answer_to(const struct peer *peer, const unsigned char *text,
                        size_t len, bool md5, unsigned char *answer)
{
    size_t prefix = md5 ? 0 : PREFIX;
    unsigned size = 0;

    memcpy(answer, SHA256, prefix);
    if (!HMAC(md5 ? EVP_md5() : EVP_sha256(), peer->key, peer->key_len, text,
              len, answer + prefix, &size))
        return 0;
    return prefix + size;
}

static bool is_right(const struct peer *peer, const struct message *msg)
{
    unsigned char right[PREFIX + EVP_MAX_MD_SIZE];
    bool md5 = msg->len == MD5_SIZE;
    size_t len;

    if (md5 && !md5_allowed)
        return false;
    len = answer_to(peer, peer->text, TEXT, md5, right);
    return len > 0 && len == msg->len &&
           CRYPTO_memcmp(msg->bytes, right, len) == 0;
}

/* The peer proves that it knows the key. */
static int challenge(struct peer *peer)
{
    unsigned char question[LABEL + TEXT];
    struct message answer;

    memcpy(peer->text, SHA256, PREFIX);
    if (getrandom(peer->text + PREFIX, RANDOM, 0) != RANDOM)
        return -1;
    memcpy(question, CHALLENGE, LABEL);
    memcpy(question + LABEL, peer->text, TEXT);
    if (send_message(peer, question, sizeof(question)) == -1 ||
        receive(peer, &answer) == -1)
        return -1;
    if (is_right(peer, &answer))
        return send_message(peer, WELCOME, strlen(WELCOME));
    send_message(peer, FAILURE, strlen(FAILURE));
    return fail(EACCES);
}

/* We prove that we do, to a question that deserves it. */
static int respond(const struct peer *peer)
{
    unsigned char answer[PREFIX + EVP_MAX_MD_SIZE];
    struct message msg;

    if (receive(peer, &msg) == -1)
        return -1;
    if (!begins(msg.bytes, msg.len, CHALLENGE))
        return fail(EPROTO);

    const unsigned char *text = msg.bytes + LABEL;
    size_t len = msg.len - LABEL;
    bool md5 = !begins(text, len, SHA256);

    if (len < OLD_TEXT || (md5 && len > OLD_TEXT))
        return fail(EPROTO);
    if ((md5 && !md5_allowed) ||
        (len == TEXT && memcmp(text, peer->text, TEXT) == 0))
        return fail(EACCES);
    len = answer_to(peer, text, len, md5, answer);
    if (len == 0)
        return fail(EACCES);
    if (send_message(peer, answer, len) == -1 || receive(peer, &msg) == -1)
        return -1;
    if (is(&msg, WELCOME))
        return 0;
    return fail(is(&msg, FAILURE) ? EACCES : EPROTO);
}

static int begin(struct peer *peer, int fd, const void *key, size_t len)
{
    *peer = (struct peer){.fd = fd, .key = key, .key_len = (int)len};
    peer->deadline = now_ms() + AUTH_TIMEOUT_MS;
    return len == 0 || len > INT_MAX ? fail(EINVAL) : 0;
}

int auth_accept(int fd, const void *key, size_t len)
{
    struct peer peer;

    if (begin(&peer, fd, key, len) == -1 || challenge(&peer) == -1)
        return -1;
    return respond(&peer);
}

int auth_connect(int fd, const void *key, size_t len)
{
    struct peer peer;

    if (begin(&peer, fd, key, len) == -1 || respond(&peer) == -1)
        return -1;
    return challenge(&peer);
}

/*
 * The trap: whoever answers before the other side has proved itself works
 * for the enemy: he asks here what he is asked elsewhere. Therefore the
 * listener hears an answer first. And all the rest that is easily forgotten
 * is time: one deadline for everything, not one for each call; and a
 * comparison that leaves at the first wrong byte tells how many were right.
 */
