/*
 * handshake_peer.h — the other end of the connection: honest or not.
 *
 * A peer is a process with a life: a function that hears what the learner's
 * code sends and says something. What it has heard is in shared memory, where
 * the fact looks at it afterwards. When the learner's code hangs up, the life
 * ends, wherever it is.
 */
#ifndef HANDSHAKE_PEER_H
#define HANDSHAKE_PEER_H

#include <linux/sockios.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "handshake.h"
#include "handshake_watch.h"

#define CHALLENGE "#CHALLENGE#"
#define WELCOME "#WELCOME#"
#define FAILURE "#FAILURE#"
#define SHA256 "{sha256}"
#define LENGTH(word) (sizeof(word) - 1)

enum {
    HEAD = 4,
    LABEL = LENGTH(CHALLENGE),
    PREFIX = LENGTH(SHA256),
    RANDOM = 40,
    TEXT = PREFIX + RANDOM,
    OLD_TEXT = 20,
    SHA = 32,
    MD5 = 16,
    LONGEST = 1024,
    MOST_HEARD = 8
};

struct key {
    const char *bytes;
    size_t len;
};
#define KEY(text)                                                              \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }
static const struct key the_key = KEY("open\0sesame\377");

struct words {
    size_t len;
    unsigned char bytes[LONGEST];
};

/* What a peer has heard, and whether it is content. */
static struct heard {
    int count;
    struct words msg[MOST_HEARD];
    bool odd;    /* a length came that no message of ours has */
    bool agreed; /* each has proved itself to the other */
    struct secret secret;
} * heard;

/* How the peer speaks. */
static struct style {
    bool old, in_pieces, tcp, nonblocking;
    struct key key, ours; /* the peer's, and the learner's */
    size_t most;          /* bytes, and then it is gone … */
    bool stays;           /* … or silent */
    int pace_ms;          /* pause before each message, or each byte */
    int spoil;            /* this message of its is … */
    uint32_t announced;   /* … a length, and 300 bytes, and no more */
    struct gate *hold;    /* it waits here … */
    int hold_at;          /* … before this message */
} style;

static int mine, sock; /* the learner's end, and the peer's in its process */
static unsigned char sample[LONGEST]; /* random bytes of the peer's */

/* ---- what the peer says ------------------------------------------------ */

static unsigned char out[4 * LONGEST];
static size_t out_len;
static bool gluing;

static int flushed, said;

static inline void pause_ms(int ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000L}, NULL);
}

/* Not a byte more, until the learner's code hangs up. */
static inline void silence(void)
{
    struct pollfd end = {.fd = sock};

    while (poll(&end, 1, -1) != 1)
        continue;
    _exit(0);
}

/* Alone on its way: what was sent before has been taken. */
static inline void send_alone(const void *bytes, size_t n)
{
    int waiting = 1;
    char any;

    pause_ms(style.pace_ms);
    if (send(sock, bytes, n, MSG_NOSIGNAL) != (ssize_t)n)
        _exit(0);
    while (!style.pace_ms && ioctl(sock, SIOCOUTQ, &waiting) == 0 &&
           waiting > 0) {
        if (recv(sock, &any, 1, MSG_PEEK | MSG_DONTWAIT) == 0)
            _exit(0); /* nobody takes it any more */
        blink();
    }
}

/* Where a message is cut: in its length, behind it, and in its bytes. All
 * bytes alone would need more than the three seconds on a busy machine. */
static inline bool cut_before(size_t i)
{
    return style.pace_ms || i == 1 || i == HEAD - 1 || i == HEAD ||
           i == HEAD + 1 || i == HEAD + LABEL + PREFIX;
}

static inline void send_in_pieces(size_t n)
{
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && !cut_before(to); to++)
            continue;
        send_alone(out + from, to - from);
    }
}

static inline void flush(void)
{
    size_t n = out_len < style.most ? out_len : style.most;

    if (style.hold && ++flushed == style.hold_at)
        gate_wait(style.hold);
    if (style.in_pieces)
        send_in_pieces(n);
    else if (n > 0) {
        pause_ms(style.pace_ms);
        (void)!send(sock, out, n, MSG_NOSIGNAL);
    }
    style.most -= n;
    if (n < out_len && style.stays)
        silence();
    if (n < out_len)
        _exit(0);
    out_len = 0;
}

static inline void raw(const void *bytes, size_t n)
{
    memcpy(out + out_len, bytes, n);
    out_len += n;
    if (!gluing)
        flush();
}

/* What is said from here goes out together. */
static inline void glue(void)
{
    gluing = true;
}

static inline void unglue(void)
{
    gluing = false;
    flush();
}

static inline void head(uint32_t length)
{
    raw((unsigned char[]){(unsigned char)(length >> 24),
                          (unsigned char)(length >> 16),
                          (unsigned char)(length >> 8), (unsigned char)length},
        HEAD);
}

static inline void say(const void *msg, size_t len)
{
    bool glued = gluing, spoilt = ++said == style.spoil;

    gluing = true;
    head(spoilt ? style.announced : (uint32_t)len);
    gluing = glued;
    raw(spoilt ? sample : msg, spoilt ? 300 : len);
    if (spoilt)
        silence();
}

static inline void say_word(const char *word)
{
    say(word, strlen(word));
}

/* "#CHALLENGE#" and a text. */
static inline void say_challenge(const void *text, size_t len)
{
    unsigned char msg[LONGEST];

    memcpy(msg, CHALLENGE, LABEL);
    memcpy(msg + LABEL, text, len);
    say(msg, LABEL + len);
}

/* ---- what the peer hears ----------------------------------------------- */

/* The learner's code has hung up: the life is over. */
static inline void all_of(void *buf, size_t n)
{
    for (size_t done = 0; done < n;) {
        ssize_t some = recv(sock, (char *)buf + done, n - done, 0);
        if (some <= 0)
            _exit(0);
        done += (size_t)some;
    }
}

static inline const struct words *hear(void)
{
    unsigned char length[HEAD];
    struct words *msg = &heard->msg[heard->count % MOST_HEARD];

    all_of(length, HEAD);
    msg->len = (size_t)length[0] << 24 | (size_t)length[1] << 16 |
               (size_t)length[2] << 8 | length[3];
    if (msg->len > LONGEST) {
        heard->odd = true;
        _exit(0);
    }
    all_of(msg->bytes, msg->len);
    heard->count++;
    return msg;
}

static inline bool is(const struct words *msg, const char *word)
{
    return msg->len == strlen(word) && memcmp(msg->bytes, word, msg->len) == 0;
}

static inline bool same(const struct words *msg, const void *bytes, size_t n)
{
    return msg->len == n && memcmp(msg->bytes, bytes, n) == 0;
}

/* ---- proofs ------------------------------------------------------------ */

static inline size_t mac(const EVP_MD *md, struct key key, const void *text,
                         size_t n, unsigned char *to)
{
    unsigned len = 0;

    HMAC(md, key.bytes, (int)key.len, text, n, to, &len);
    return len;
}

/* "{sha256}" and 32 bytes, or 16. */
static inline size_t proof(const void *text, size_t n, bool old,
                           unsigned char *to)
{
    if (old)
        return mac(EVP_md5(), style.key, text, n, to);
    memcpy(to, SHA256, PREFIX);
    return PREFIX + mac(EVP_sha256(), style.key, text, n, to + PREFIX);
}

/* The text of a challenge that has been heard. */
static inline struct words text_of(const struct words *msg)
{
    struct words text = {0};

    if (msg->len < LABEL || memcmp(msg->bytes, CHALLENGE, LABEL) != 0)
        _exit(0);
    text.len = msg->len - LABEL;
    memcpy(text.bytes, msg->bytes + LABEL, text.len);
    return text;
}

/* The right answer to the next challenge that is heard. */
static inline struct words right_answer(void)
{
    struct words text = text_of(hear()), answer = {0};

    answer.len = proof(text.bytes, text.len, style.old, answer.bytes);
    return answer;
}

/* The peer's own question: 40 random bytes, or 20. */
static inline struct words question(void)
{
    struct words text = {.len = style.old ? OLD_TEXT : TEXT};

    memcpy(text.bytes, SHA256, PREFIX);
    if (style.old)
        memcpy(text.bytes, sample, OLD_TEXT);
    else
        memcpy(text.bytes + PREFIX, sample, RANDOM);
    return text;
}

/* ---- honest lives ------------------------------------------------------ */

static inline void answers(void)
{
    struct words answer = right_answer();

    say(answer.bytes, answer.len);
}

static inline void proves_itself(void)
{
    answers();
    if (!is(hear(), WELCOME))
        _exit(0);
}

static inline void asks(void)
{
    struct words text = question();
    unsigned char right[PREFIX + SHA];
    size_t len = proof(text.bytes, text.len, style.old, right);

    say_challenge(text.bytes, text.len);
    if (!same(hear(), right, len)) {
        say_word(FAILURE);
        _exit(0);
    }
    say_word(WELCOME);
}

static inline void honest_client(void)
{
    proves_itself();
    asks();
    heard->agreed = true;
}

static inline void honest_listener(void)
{
    asks();
    proves_itself();
    heard->agreed = true;
}

/* ---- a conversation ---------------------------------------------------- */

typedef int auth_call(int fd, const void *key, size_t len);
typedef void life(void);

static const struct side {
    const char *name;
    auth_call *call;
    life *honest;
} accepts = {"auth_accept", auth_accept, honest_client},
  connects = {"auth_connect", auth_connect, honest_listener};
static const struct side *const sides[] = {&accepts, &connects};

static inline void tcp_pair(int end[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    end[1] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(door, (struct sockaddr *)&at, size) == -1 ||
        listen(door, 1) == -1 ||
        getsockname(door, (struct sockaddr *)&at, &size) == -1 ||
        connect(end[1], (struct sockaddr *)&at, size) == -1)
        FAIL_TEST("the test itself cannot connect to 127.0.0.1");
    end[0] = accept4(door, NULL, NULL, SOCK_CLOEXEC);
    close(door);
}

static inline void make_pair(int end[2])
{
    int on = 1;

    if (style.tcp)
        tcp_pair(end);
    else if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) == -1)
        FAIL_TEST("the test itself needs a socket");
    if (style.nonblocking)
        ioctl(end[0], FIONBIO, &on);
}

/* A new peer who speaks in the usual style, unless the fact changes it. */
static inline void new_style(void)
{
    style = (struct style){.key = the_key, .ours = the_key, .most = SIZE_MAX};
    if (getrandom(sample, 256, 0) != 256)
        FAIL_TEST("the test itself needs random bytes");
    if (!heard)
        heard = fact_shared(sizeof(*heard));
}

/* The peer goes on hearing until the learner's code hangs up. */
static inline pid_t peer_begins(int end[2], life *life)
{
    memset(heard, 0, sizeof(*heard));
    pid_t pid = fact_fork();
    if (pid == 0) {
        close(end[0]);
        sock = end[1];
        life();
        for (;;)
            hear();
    }
    close(end[1]);
    mine = end[0];
    return pid;
}

static pid_t peer_pid;
static long met_at;

static inline long clock_ms(clockid_t clock)
{
    struct timespec t;

    clock_gettime(clock, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static inline void meet(life *life)
{
    int end[2];

    make_pair(end);
    peer_pid = peer_begins(end, life);
    met_at = clock_ms(CLOCK_MONOTONIC);
}

/* errno stays as it is. */
static inline int part(int rc)
{
    int kept = errno;

    close(mine);
    waitpid(peer_pid, NULL, 0);
    errno = kept;
    return rc;
}

/* Are there so many who want to run that three seconds may be too few? */
static inline bool busy_machine(void)
{
    int running = 0;
    FILE *f = fopen("/proc/loadavg", "re");

    if (f && fscanf(f, "%*f %*f %*f %d/", &running) != 1)
        running = 0;
    if (f)
        fclose(f);
    return running > 2 * sysconf(_SC_NPROCESSORS_ONLN) + 2;
}

/* Where time is not what a fact is about, an honest answer that came too
 * late says nothing about the learner's code. */
static inline bool inconclusive(int rc)
{
    int kept = errno;
    bool late = rc == -1 && kept == ETIMEDOUT &&
                clock_ms(CLOCK_MONOTONIC) - met_at >= AUTH_TIMEOUT_MS - 50 &&
                busy_machine();

    errno = kept;
    return late;
}

static inline int talk(const struct side *side, life *life)
{
    int rc, tries = 0;

    do {
        meet(life);
        errno = 0;
        rc = part(side->call(mine, style.ours.bytes, style.ours.len));
    } while (inconclusive(rc) && tries++ < 4);
    return rc;
}

/* Has the learner's code sent this, as a message? */
static inline bool was_sent(const void *bytes, size_t len)
{
    for (int i = 0; i < heard->count && i < MOST_HEARD; i++)
        if (same(&heard->msg[i], bytes, len))
            return true;
    return false;
}

static inline bool word_was_sent(const char *word)
{
    return was_sent(word, strlen(word));
}

/* Does anything that was sent hold the proof for this text? */
static inline bool proof_was_sent(const void *text, size_t n)
{
    unsigned char sha[SHA], md5[MD5];

    mac(EVP_sha256(), the_key, text, n, sha);
    mac(EVP_md5(), the_key, text, n, md5);
    for (int i = 0; i < heard->count && i < MOST_HEARD; i++)
        if (memmem(heard->msg[i].bytes, heard->msg[i].len, sha, SHA) ||
            memmem(heard->msg[i].bytes, heard->msg[i].len, md5, MD5))
            return true;
    return false;
}

/* ---- what facts share ---------------------------------------------------- */

#define STUCK_WAITING                                                          \
    "Both wait for the other one to say something. Who speaks when? The "      \
    "listener asks first, hears the answer and gives its verdict; then it is " \
    "asked. A message has as many bytes as its length says, and no more are "  \
    "waited for."

/* Left alone, nothing is wrong: both sides agree. */
static inline void agrees(const struct side *side)
{
    IF_STUCK(STUCK_WAITING);
    CHECK_EQ(talk(side, side->honest), 0,
             "both know the key, and each has proved it: %s is content",
             side->name);
    CHECK(heard->agreed,
          "%s returned 0, and the peer is not content: it was not given the "
          "right answer, or no verdict",
          side->name);
}

#endif
