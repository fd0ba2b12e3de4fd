/*
 * handshake_time.h — facts about time: that of a wait, and that of a
 * comparison.
 */
#ifndef HANDSHAKE_TIME_H
#define HANDSHAKE_TIME_H

#include <limits.h>
#include <signal.h>

#include "handshake_attacks.h"

/* ---- time -------------------------------------------------------------- */

static void waits_asleep(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        int rc, error;

        new_style();
        style.nonblocking = i & 2;
        style.hold = gate_new(2);
        style.hold_at = i / 2 + 1;
        IF_STUCK(STUCK_WAITING);
        meet(sides[i % 2]->honest);
        errno = 0;
        watch_begin((void (*)(void *))(uintptr_t)gate_open, style.hold);
        rc = sides[i % 2]->call(mine, the_key.bytes, the_key.len);
        error = errno;
        watch_end("wait with poll until the peer has said something, or the "
                  "time is over");
        part(0);
        errno = error;
        CHECK(rc == 0 || inconclusive(rc), "the peer was slow, and honest");
    }
}

static void signals_do_not_end_it(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++) {
        int rc, error;

        new_style();
        sea_handler();
        style.nonblocking = i & 2;
        style.hold = gate_new(2);
        style.hold_at = i / 2 + 1;
        IF_STUCK(STUCK_WAITING);
        meet(sides[i % 2]->honest);
        errno = 0;
        nudge_begin(2, (void (*)(void *))(uintptr_t)gate_open, style.hold);
        rc = sides[i % 2]->call(mine, the_key.bytes, the_key.len);
        error = errno;
        nudge_end();
        part(0);
        errno = error;
        CHECK(rc == 0 || inconclusive(rc),
              "a signal came while %s waited, and its handler returned: that "
              "is no reason to give up, EINTR means wait again",
              sides[i % 2]->name);
    }
}

static void the_wall_clock_may_jump(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        new_style();
        style.pace_ms = 1;
        sea_step_wall_clock(3600);
        STEP("the wall clock jumps an hour ahead");
        agrees(sides[i]);
    }
}

/*
 * The deadline: all slow peers at once, each with a process of the learner's,
 * so that one waits once for all of them.
 */
enum { LATE_MS = 13000, EARLY_MS = AUTH_TIMEOUT_MS - 20 };

#define SAYS_ONLY(bytes)                                                       \
    {                                                                          \
        .most = bytes                                                          \
    }
#define NEVER_BLOCKS(bytes)                                                    \
    {                                                                          \
        .most = bytes, .nonblocking = true                                     \
    }
#define PACE(ms)                                                               \
    {                                                                          \
        .most = SIZE_MAX, .pace_ms = ms                                        \
    }
#define TRICKLE(ms)                                                            \
    {                                                                          \
        .most = SIZE_MAX, .pace_ms = ms, .in_pieces = true                     \
    }
enum { ACCEPTS, CONNECTS };

static const struct slow {
    int side;
    const char *peer;
    struct style style;
    bool deaf, signals;
} slow[] = {
    {ACCEPTS, "says nothing", SAYS_ONLY(0), 0, 0},
    {CONNECTS, "says nothing", SAYS_ONLY(0), 0, 0},
    {ACCEPTS, "says nothing to a socket that never blocks", NEVER_BLOCKS(0), 0,
     0},
    {CONNECTS, "says nothing to a socket that never blocks", NEVER_BLOCKS(0), 0,
     0},
    {ACCEPTS, "says nothing, while signals come", SAYS_ONLY(0), 0, 1},
    {CONNECTS, "says nothing, while signals come", SAYS_ONLY(0), 0, 1},
    {ACCEPTS, "says half a length", SAYS_ONLY(2), 0, 0},
    {CONNECTS, "says half a challenge", SAYS_ONLY(30), 0, 0},
    {ACCEPTS, "answers, and asks nothing", SAYS_ONLY(44), 0, 0},
    {CONNECTS, "asks, and gives no verdict", SAYS_ONLY(63), 0, 0},
    {ACCEPTS, "asks, and gives no verdict", SAYS_ONLY(107), 0, 0},
    {CONNECTS, "welcomes us, and does not answer", SAYS_ONLY(76), 0, 0},
    {CONNECTS, "lacks the last byte of its answer", SAYS_ONLY(119), 0, 0},
    {ACCEPTS, "takes two seconds for each message", PACE(2000), 0, 0},
    {CONNECTS, "takes two seconds for each message", PACE(2000), 0, 0},
    {ACCEPTS, "takes 1.4 seconds for each message", PACE(1400), 0, 0},
    {CONNECTS, "takes 1.4 seconds for each message", PACE(1400), 0, 0},
    {ACCEPTS, "waits before each byte", TRICKLE(70), 0, 0},
    {CONNECTS, "waits before each byte", TRICKLE(70), 0, 0},
    {ACCEPTS, "reads nothing, and no more fits in", SAYS_ONLY(SIZE_MAX), 1, 0},
    {CONNECTS, "reads nothing, and no more fits in", SAYS_ONLY(SIZE_MAX), 1, 0},
};
enum { SLOW = sizeof(slow) / sizeof(slow[0]) };

/* The longest that this process itself was kept from looking. Whoever was
 * so long without a processor may find everything there, too late. */
static long longest_look;

static struct waited {
    _Atomic bool begun, done;
    _Atomic pid_t pid;
    int rc, error, calls;
    long ms, cpu_ms;
} * waited;

static void wait_for_the_peer(const struct slow *with, struct waited *w)
{
    long begin, cpu = clock_ms(CLOCK_PROCESS_CPUTIME_ID);

    if (with->signals)
        sea_handler();
    w->begun = true;
    begin = clock_ms(CLOCK_MONOTONIC);
    errno = 0;
    w->rc = sides[with->side]->call(mine, the_key.bytes, the_key.len);
    w->error = errno;
    w->ms = clock_ms(CLOCK_MONOTONIC) - begin;
    w->cpu_ms = clock_ms(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    w->calls = page->proc[logbook_self()].calls;
    w->done = true;
    _exit(0);
}

/* A challenge lies there, and what is sent is never read. */
static void deaf(void)
{
    struct words text = question();

    say_challenge(text.bytes, text.len);
    silence();
}

static void fill(int fd)
{
    char much[1024] = "";
    int small = 4096;

    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
    for (size_t n = sizeof(much); n > 0; n /= 2)
        while (send(fd, much, n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
            continue;
}

static void begin_slowly(const struct slow *with, struct waited *w, pid_t *peer)
{
    int end[2];

    new_style();
    style = with->style;
    style.key = style.ours = the_key;
    style.stays = true;
    make_pair(end);
    if (with->deaf)
        fill(end[0]);
    *peer = peer_begins(end, with->deaf ? deaf : sides[with->side]->honest);
    pid_t pid = fact_fork();
    if (pid == 0)
        wait_for_the_peer(with, w);
    w->pid = pid;
    close(mine);
}

/* Until all have returned, or it is certain that one of them does not. */
static void until_late(void)
{
    long begin = clock_ms(CLOCK_MONOTONIC), last = begin, now = begin;
    bool all = false;

    while (!all && now - begin < LATE_MS) {
        pause_ms(10);
        now = clock_ms(CLOCK_MONOTONIC);
        longest_look = now - last > longest_look ? now - last : longest_look;
        last = now;
        all = true;
        for (int i = 0; i < SLOW; i++) {
            if (slow[i].signals && waited[i].begun && !waited[i].done)
                kill(waited[i].pid, SIGUSR1);
            all &= waited[i].done || gone(waited[i].pid);
        }
    }
}

static void check_waited(const struct slow *with, const struct waited *w)
{
    const char *name = sides[with->side]->name;

    STEP("%s: the peer %s", name, with->peer);
    errno = w->done ? w->error : ETIME;
    CHECK(w->done,
          "%s still waits for a peer who %s: one deadline of %d ms counts for "
          "everything, whatever the peer says meanwhile, and no call may "
          "wait beyond it",
          name, with->peer, AUTH_TIMEOUT_MS);
    if (w->rc == 0 && longest_look > 300)
        return;
    errno = w->error;
    CHECK_EQ(w->rc, -1,
             "a peer who %s needs more than %d ms in all: the deadline counts "
             "for everything together, not anew for each message or byte",
             with->peer, AUTH_TIMEOUT_MS);
    errno = w->error;
    CHECK(w->error == ETIMEDOUT,
          "a peer who %s: the time is over, ETIMEDOUT, and not %s", with->peer,
          name_errno(w->error));
    CHECK(w->ms >= EARLY_MS,
          "%s gave up after %ld ms: a peer has %d ms, and a signal does not "
          "make them fewer",
          name, w->ms, AUTH_TIMEOUT_MS);
    CHECK(w->cpu_ms < 500 && (with->signals || w->calls < 400),
          "%s waited with %d calls and %ld ms of CPU time: ask poll to wait "
          "until something comes, or the time is over",
          name, w->calls, w->cpu_ms);
}

static void keeps_its_deadline_whatever_the_peer_does(void **state)
{
    (void)state;
    pid_t peer[SLOW];
    struct heard *each = fact_shared(sizeof(*each) * SLOW), *usual = heard;

    waited = fact_shared(sizeof(*waited) * SLOW);
    for (int i = 0; i < SLOW; i++) {
        heard = &each[i]; /* they all hear at the same time */
        begin_slowly(&slow[i], &waited[i], &peer[i]);
    }
    heard = usual;
    until_late();
    for (int i = 0; i < SLOW; i++) {
        kill(waited[i].pid, SIGKILL);
        kill(peer[i], SIGKILL);
        waitpid(waited[i].pid, NULL, 0);
        waitpid(peer[i], NULL, 0);
    }
    for (int i = 0; i < SLOW; i++)
        check_waited(&slow[i], &waited[i]);
}

/* ---- the time of a comparison ------------------------------------------ */

/* Wrong is its byte at this place; -1: all of them. */
static int wrong_byte;

static void answers_with_a_wrong_byte(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA];
    size_t len = proof(text.bytes, text.len, style.old, answer);
    size_t prefix = style.old ? 0 : PREFIX;

    heard->secret.len = len - prefix;
    memcpy(heard->secret.mac, answer + prefix, len - prefix);
    for (size_t i = prefix; i < len; i++)
        if (wrong_byte == -1 || i - prefix == (size_t)wrong_byte)
            answer[i] ^= 0x55;
    say(answer, len);
}

/* The fewest of some times: a comparison of two MACs of both, each with a
 * random key, may well leave early, and sometimes goes on for a byte. */
static unsigned blocks_with_wrong(int byte)
{
    unsigned fewest = UINT_MAX;

    for (int i = 0; i < 3; i++) {
        int rc, error;

        wrong_byte = byte;
        meet(answers_with_a_wrong_byte);
        errno = 0;
        trace_begin();
        rc = sides[as_listener]->call(mine, the_key.bytes, the_key.len);
        unsigned blocks = trace_end();
        error = errno;
        part(0);
        errno = error;
        CHECK(rc == -1 && error == EACCES, "the answer was wrong: EACCES");
        fewest = blocks < fewest ? blocks : fewest;
    }
    return fewest;
}

static void a_wrong_answer_takes_always_the_same_time(void **state)
{
    (void)state;
    static const int bytes[] = {1, 8, 15, 16, 31, -1};

    for (int i = 0; i < 3; i++) {
        new_style();
        style.old = i == 1;
        as_listener = i == 2;
        IF_STUCK(STUCK_WAITING);
        unsigned first = blocks_with_wrong(0);
        for (int k = 0; k < 6; k++) {
            if (bytes[k] >= (style.old ? MD5 : SHA))
                continue;
            unsigned now = blocks_with_wrong(bytes[k]);
            CHECK(bytes[k] == -1 || now == first,
                  "when byte %d of the digest is the first wrong one, %u "
                  "basic blocks are run, and %u when it is byte 0: so time "
                  "tells how many bytes were right, and an attacker finds "
                  "one after the other. Compare all of them: CRYPTO_memcmp",
                  bytes[k], now, first);
            CHECK(now == first,
                  "when all bytes of the digest are wrong, %u basic blocks "
                  "are run, and %u when one is: so time tells how many are "
                  "right. Compare without a branch for each byte: "
                  "CRYPTO_memcmp",
                  now, first);
        }
    }
}

static void digests_are_not_for_memcmp(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        int rc, error;

        new_style();
        style.old = i / 2;
        as_listener = i % 2;
        wrong_byte = -1;
        secret = &heard->secret;
        compared_with = NULL;
        IF_STUCK(STUCK_WAITING);
        rc = talk(sides[i % 2], answers_with_a_wrong_byte);
        error = errno;
        secret = NULL;
        errno = error;
        CHECK(rc == -1 && error == EACCES, "the answer was wrong: EACCES");
        CHECK(!compared_with,
              "the right digest is compared with %s, which leaves at the "
              "first byte that differs: its time tells how many bytes of a "
              "guess are right. CRYPTO_memcmp looks at all of them",
              compared_with);
    }
}

#endif
