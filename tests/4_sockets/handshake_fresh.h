/*
 * handshake_fresh.h — facts about what is asked: never the same.
 */
#ifndef HANDSHAKE_FRESH_H
#define HANDSHAKE_FRESH_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "handshake_peer.h"

/*
 * What the learner's code asks, without another process: everything that it
 * is to hear before lies there already, and then the stream ends. False:
 * nothing was asked.
 */
static bool one_question(const struct side *side, struct words *text)
{
    int end[2], kept;

    make_pair(end);
    sock = end[1];
    if (side == &connects) {
        struct words ours = question();
        say_challenge(ours.bytes, ours.len);
        say_word(WELCOME);
    }
    shutdown(sock, SHUT_WR);
    errno = 0;
    side->call(end[0], the_key.bytes, the_key.len);
    kept = errno;
    close(end[0]);
    unsigned char bytes[LONGEST];
    ssize_t n = recv(sock, bytes, sizeof(bytes), MSG_DONTWAIT | MSG_WAITALL);
    close(sock);
    errno = kept;
    unsigned char *at =
        n > 0 ? memmem(bytes, (size_t)n, CHALLENGE, LABEL) : NULL;
    if (!at || bytes + n - (at + LABEL) < TEXT)
        return false;
    text->len = TEXT;
    memcpy(text->bytes, at + LABEL, TEXT);
    return true;
}

static bool same_text(const struct words *a, const struct words *b)
{
    return a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0;
}

enum { ASKED = 12 };
static struct words texts[ASKED];

static void ask_often(const struct side *side)
{
    for (int i = 0; i < ASKED; i++)
        CHECK(one_question(side, &texts[i]),
              "%s sends a challenge: \"#CHALLENGE#\", \"{sha256}\" and 40 "
              "bytes",
              side->name);
}

static bool varies(int byte)
{
    for (int i = 1; i < ASKED; i++)
        if (texts[i].bytes[byte] != texts[0].bytes[byte])
            return true;
    return false;
}

static void never_asks_the_same_twice(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        new_style();
        ask_often(sides[side]);
        for (int i = 0; i < ASKED; i++)
            for (int j = 0; j < i; j++)
                CHECK(!same_text(&texts[i], &texts[j]),
                      "the same challenge was used twice: who has heard the "
                      "answer once has it for the second time. What rand() "
                      "gives repeats, and time() does within a second");
        for (int byte = PREFIX; byte < TEXT; byte++)
            CHECK(varies(byte),
                  "byte %d of 40 is the same in %d challenges: all of them "
                  "are to be random, and none can be foreseen (rand() can: "
                  "here it always gives 4)",
                  byte - PREFIX, ASKED);
    }
}

static void children_ask_for_themselves(void **state)
{
    (void)state;
    struct words *asked_by = fact_shared(sizeof(*asked_by) * ASKED);

    for (int side = 0; side < 2; side++) {
        new_style();
        CHECK(one_question(sides[side], &asked_by[0]),
              "the parent asks, too, before it has children");
        for (int i = 1; i < ASKED; i++) {
            pid_t pid = fact_fork();
            if (pid == 0) {
                one_question(sides[side], &asked_by[i]);
                _exit(0);
            }
            waitpid(pid, NULL, 0);
        }
        for (int i = 0; i < ASKED; i++)
            for (int j = 0; j < i; j++)
                CHECK(!same_text(&asked_by[i], &asked_by[j]),
                      "two children ask the same: fork copies a generator of "
                      "random numbers with all that it is going to give. The "
                      "kernel's is not copied");
    }
}

/* As in a sandbox that does not know the call. */
static bool without_getrandom(void)
{
    struct sock_filter lines[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getrandom, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = 4, .filter = lines};

    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static struct poor {
    bool tried, asked[2];
    int error;
    struct words text[2];
} * poor;

static void ask_without_random_bytes(const struct side *side)
{
    memset(poor, 0, sizeof(*poor));
    pid_t pid = fact_fork();
    if (pid == 0) {
        poor->tried = without_getrandom();
        crypto.no_random = true;
        for (int i = 0; i < 2; i++) {
            poor->asked[i] = one_question(side, &poor->text[i]);
            poor->error = errno;
        }
        _exit(0);
    }
    waitpid(pid, NULL, 0);
}

static void without_random_bytes_nothing_is_asked(void **state)
{
    (void)state;
    poor = fact_shared(sizeof(*poor));
    for (int side = 0; side < 2; side++) {
        int equal = 0;

        new_style();
        ask_without_random_bytes(sides[side]);
        errno = poor->error;
        CHECK(errno != ENOSYS, "%s is written", sides[side]->name);
        if (!poor->tried)
            SKIP_TEST("no seccomp(2) here: getrandom cannot be made to fail");
        for (int i = PREFIX; i < TEXT; i++)
            equal += poor->text[0].bytes[i] == poor->text[1].bytes[i];
        CHECK(!poor->asked[0] || !poor->asked[1] || equal < 8,
              "there are no random bytes to be had (getrandom returns -1, "
              "RAND_bytes 0), and %s asks all the same, twice with what "
              "stands in its buffer: look at what they return",
              sides[side]->name);
    }
}

static void asks_what_the_peer_could_not_choose(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct words ours, theirs;

        new_style();
        style.old = i % 2;
        theirs = question();
        CHECK(one_question(&connects, &ours), "auth_connect asks, too");
        for (int at = style.old ? 0 : PREFIX; at + 6 <= (int)theirs.len; at++)
            CHECK(!memmem(ours.bytes + PREFIX, RANDOM, theirs.bytes + at, 6),
                  "the peer's challenge is found again in ours: then the peer "
                  "chooses what it is asked, and knows the answer");
    }
}

#endif
