/*
 * handshake_test.c — who is let in, and who is not.
 *
 * Most facts are conversations of the learner's function with one peer, whose
 * life (handshake_peer.h) is honest or not. No peer hangs up while it waits
 * for something, so that nothing but the learner's code ends a conversation.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>

#include "handshake_attacks.h"
#include "handshake_fresh.h"
#include "handshake_peer.h"
#include "handshake_python.h"
#include "handshake_time.h"

/* ---- the plain case ---------------------------------------------------- */

static void check_question(const struct words *msg)
{
    CHECK_EQ(msg->len, LABEL + TEXT,
             "a challenge is \"#CHALLENGE#\", \"{sha256}\" and 40 bytes");
    CHECK_MEM(msg->bytes, LABEL + PREFIX, CHALLENGE SHA256, LABEL + PREFIX,
              "a challenge is \"#CHALLENGE#\", \"{sha256}\" and 40 bytes");
}

static void check_answer(const struct words *msg)
{
    unsigned char right[PREFIX + SHA];
    struct words text = question();
    size_t len = proof(text.bytes, text.len, style.old, right);

    CHECK_MEM(msg->bytes, msg->len, right, len,
              "to a text that begins with \"{sha256}\", the answer is "
              "\"{sha256}\" and HMAC-SHA256 of the whole text, that word "
              "included; to one of the older kind it is HMAC-MD5 and nothing "
              "before it");
}

static void lets_in_who_knows_the_key(void **state)
{
    (void)state;
    new_style();
    agrees(&accepts);
    CHECK_EQ(heard->count, 3, "a challenge, a verdict and an answer are sent");
    check_question(&heard->msg[0]);
    CHECK(is(&heard->msg[1], WELCOME), "who knows the key is welcome");
    check_answer(&heard->msg[2]);
}

static void proves_itself_to_a_listener(void **state)
{
    (void)state;
    new_style();
    agrees(&connects);
    CHECK_EQ(heard->count, 3, "an answer, a challenge and a verdict are sent");
    check_answer(&heard->msg[0]);
    check_question(&heard->msg[1]);
    CHECK(is(&heard->msg[2], WELCOME), "who knows the key is welcome");
}

static void understands_an_older_peer(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        new_style();
        style.old = true;
        STEP("the peer is a Python before 3.12, for %s", sides[i]->name);
        agrees(sides[i]);
        check_answer(&heard->msg[i ? 0 : 2]);
    }
}

/* Ours at both ends, over this and that. */
static void ours_on_the_other_side(void)
{
    _exit(auth_connect(sock, the_key.bytes, the_key.len) == 0 ? 0 : 1);
}

static void two_of_ours_agree(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        int end[2], on = 1, status, rc, error;

        new_style();
        style.tcp = i & 1;
        style.nonblocking = i & 2;
        STEP("auth_accept and auth_connect over %s, %s",
             i & 1 ? "TCP" : "a local socket",
             i & 2 ? "in non-blocking mode" : "in blocking mode");
        make_pair(end);
        if (i & 4)
            ioctl(end[1], FIONBIO, &on);
        pid_t pid = peer_begins(end, ours_on_the_other_side);
        IF_STUCK(STUCK_WAITING);
        rc = auth_accept(mine, the_key.bytes, the_key.len);
        error = errno;
        close(mine);
        waitpid(pid, &status, 0);
        errno = error;
        CHECK_EQ(rc, 0,
                 "both ends know the key. In non-blocking mode nothing may be "
                 "there yet: EAGAIN means wait, with poll");
        CHECK_STATUS(status, EXITED(0), "auth_connect returns 0, too");
    }
}

/* ---- keys -------------------------------------------------------------- */

#define A100                                                                   \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void any_bytes_are_a_key(void **state)
{
    (void)state;
    static const struct key keys[] = {
        {"k", 1},
        {"\0\1", 2},
        {"a\0b\0\0c", 6},
        {"\377\376\200", 3},
        {"#CHALLENGE#", 11},
        {A100, 64},
        {A100, 65},
        {A100 A100 A100, 300},
    };

    for (int i = 0; i < 16; i++) {
        new_style();
        style.key = style.ours = keys[i / 2];
        STEP("a key of %zu bytes, for %s", keys[i / 2].len, sides[i % 2]->name);
        agrees(sides[i % 2]);
    }
}

/* The listener finds no answer right: the usual one would hang up. */
static void says_failure(void)
{
    struct words text = question();

    say_challenge(text.bytes, text.len);
    hear();
    say_word(FAILURE);
}

/* The first is ours, the second the peer's. */
static const struct key unlike[][2] = {
    {KEY("secret"), KEY("Secret")},  {KEY("secret"), KEY("secre")},
    {KEY("secret"), KEY("secrets")}, {KEY("abc\0def"), KEY("abc\0xyz")},
    {KEY("abc\0def"), KEY("abc")},   {KEY("abc"), KEY("abc\0def")},
    {KEY("\0\1"), KEY("\0\2")},      {KEY(A100 "x"), KEY(A100 "y")},
    {KEY("x"), KEY(" x")},
};
enum { UNLIKE = sizeof(unlike) / sizeof(unlike[0]) };

static void keeps_out_who_has_another_key(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * UNLIKE; i++) {
        new_style();
        style.old = i % 2;
        style.ours = unlike[i / 2][0];
        style.key = unlike[i / 2][1];
        STEP("pair %d of keys that differ, the peer's answer is of %d bytes",
             i / 2, style.old ? MD5 : PREFIX + SHA);
        IF_STUCK(STUCK_WAITING);
        CHECK_ERRNO(talk(&accepts, honest_client), EACCES,
                    "the peer has another key, its answer is wrong: all bytes "
                    "of a key count, also those behind a NUL");
        CHECK(!word_was_sent(WELCOME), "who has another key is not welcome");
        CHECK(word_was_sent(FAILURE),
              "the peer waits for a verdict: it is told with \"#FAILURE#\"");
    }
}

static void hears_that_it_is_kept_out(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * UNLIKE; i++) {
        new_style();
        style.old = i % 2;
        style.ours = unlike[i / 2][0];
        style.key = unlike[i / 2][1];
        IF_STUCK(STUCK_WAITING);
        CHECK_ERRNO(talk(&connects, says_failure), EACCES,
                    "the listener said \"#FAILURE#\": it does not believe "
                    "that we know the key");
        CHECK_EQ(heard->count, 1, "after \"#FAILURE#\" nothing more is said");
    }
}

static void an_empty_key_is_no_key(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        char byte;
        int end[2];

        new_style();
        make_pair(end);
        IF_STUCK("An empty key is refused before anything is sent, and before "
                 "anything is waited for.");
        CHECK_ERRNO(sides[i % 2]->call(end[0], i / 2 ? "" : NULL, 0), EINVAL,
                    "everybody knows the empty key: %s refuses it, it is "
                    "probably a setting that is missing",
                    sides[i % 2]->name);
        CHECK_EQ(recv(end[1], &byte, 1, MSG_DONTWAIT), -1,
                 "nothing is sent when the key is empty");
        close(end[0]);
        close(end[1]);
    }
}

/* ---- messages on a stream ---------------------------------------------- */

static void takes_a_message_in_pieces(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        new_style();
        style.in_pieces = true;
        style.old = i / 2;
        STEP("each message comes in pieces");
        agrees(sides[i % 2]);
    }
}

/* Everything that can be said before it is asked for. */
static void talks_ahead(void)
{
    struct words text = question(), answer = right_answer();

    glue();
    say(answer.bytes, answer.len);
    say_challenge(text.bytes, text.len);
    unglue();
    if (is(hear(), WELCOME)) {
        hear();
        say_word(WELCOME);
        heard->agreed = true;
    }
}

static void takes_two_messages_at_once(void **state)
{
    (void)state;
    for (int old = 0; old < 2; old++) {
        new_style();
        style.old = old;
        STEP("the peer's answer and its challenge come together");
        IF_STUCK("Two messages came together, and both wait: a stream knows "
                 "no messages. Read as many bytes as the length says, or keep "
                 "what you have read too much.");
        CHECK_EQ(talk(&accepts, talks_ahead), 0,
                 "two messages that come together are two messages: read as "
                 "many bytes as the length says, or keep the rest");
        CHECK(heard->agreed, "and both are answered");
    }
}

#define CARGO "\0\0\0\4ahoy, and what the caller is told next"

static void welcomes_and_goes_on(void)
{
    struct words text = question();

    proves_itself();
    say_challenge(text.bytes, text.len);
    hear();
    glue();
    say_word(WELCOME);
    raw(CARGO, sizeof(CARGO));
    unglue();
}

static void answers_and_goes_on(void)
{
    asks();
    struct words answer = right_answer();
    glue();
    say(answer.bytes, answer.len);
    raw(CARGO, sizeof(CARGO));
    unglue();
}

static void leaves_what_follows_to_the_caller(void **state)
{
    (void)state;
    static life *const lives[] = {welcomes_and_goes_on, answers_and_goes_on};

    for (int i = 0; i < 4; i++) {
        char cargo[sizeof(CARGO) + 10];
        ssize_t n;
        int rc, error;

        new_style();
        style.old = i / 2;
        IF_STUCK(STUCK_WAITING);
        meet(lives[i % 2]);
        errno = 0;
        rc = sides[i % 2]->call(mine, the_key.bytes, the_key.len);
        error = errno;
        n = recv(mine, cargo, sizeof(cargo), MSG_DONTWAIT);
        part(0);
        errno = error;
        CHECK_EQ(rc, 0, "both know the key");
        CHECK_MEM(cargo, n > 0 ? (size_t)n : 0, CARGO, sizeof(CARGO),
                  "the peer went on at once with what it has to say, and the "
                  "caller does not find it: read no byte more than the last "
                  "message has");
    }
}

static void refuses_what_is_too_long_at_once(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {
        AUTH_MESSAGE_MAX + 1, 300, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    int rc, error;

    for (int i = 0; i < 36; i++) {
        new_style();
        style.spoil = i / 2 % 3 + 1;
        style.announced = lengths[i / 6];
        sea_calm();
        STEP("%s hears of a message of %u bytes", sides[i & 1]->name,
             style.announced);
        IF_STUCK("A message of %u bytes was announced: refuse it, do not wait "
                 "for it.",
                 style.announced);
        rc = talk(sides[i & 1], sides[i & 1]->honest);
        error = errno;
        CHECK(sea_allocated() < 1 << 20,
              "somebody who has proved nothing made us ask for %zu bytes of "
              "memory: compare the length with AUTH_MESSAGE_MAX first",
              sea_allocated());
        errno = error;
        CHECK_EQ(rc, -1, "a message has at most %d bytes", AUTH_MESSAGE_MAX);
        errno = error;
        CHECK(error == EPROTO,
              "a message of %u bytes is announced: EPROTO, at once. Neither "
              "wait for it nor read it, to throw it away: the peer decides "
              "how much there is. errno is %s",
              style.announced, name_errno(error));
    }
}

/* ---- the peer hangs up ------------------------------------------------- */

enum { ALL_IT_SAYS = 3 * HEAD + LABEL + TEXT + PREFIX + SHA + LENGTH(WELCOME) };

static void a_peer_may_hang_up_at_any_byte(void **state)
{
    (void)state;
    for (int i = 0; i < 2 * ALL_IT_SAYS; i++) {
        int rc, error;

        if (i / 2 % MD5 >= 4) /* in lengths, and in what they announce */
            continue;
        new_style();
        style.most = (size_t)i / 2;
        style.tcp = i % MD5 == 3;
        STEP("the peer says %zu bytes to %s and hangs up", style.most,
             sides[i % 2]->name);
        IF_STUCK("The peer has hung up: read returns 0, and will do so for "
                 "ever.");
        rc = talk(sides[i % 2], sides[i % 2]->honest);
        error = errno;
        CHECK_EQ(rc, -1,
                 "the peer hung up in the middle: no one has proved "
                 "everything yet. read returns 0 then");
        CHECK(error == EPROTO || error == ECONNRESET || error == EPIPE,
              "the peer hung up in the middle: EPROTO, and not %s",
              name_errno(error));
    }
}

static volatile sig_atomic_t pipes_broken;

static void count_broken_pipes(int sig)
{
    (void)sig;
    pipes_broken++;
}

/* It has hung up before the call; a question of its lies there. */
static int call_too_late(const struct side *side)
{
    struct words text = question();
    int end[2], rc;

    make_pair(end);
    sock = end[1];
    if (side == &connects)
        say_challenge(text.bytes, text.len);
    close(sock);
    errno = 0;
    rc = side->call(end[0], the_key.bytes, the_key.len);
    int kept = errno;
    close(end[0]);
    errno = kept;
    return rc;
}

static void no_sigpipe_comes(void **state)
{
    (void)state;
    struct sigaction mine_is = {.sa_handler = count_broken_pipes}, old, now;

    sigaction(SIGPIPE, &mine_is, &old);
    for (int i = 0; i < 4; i++) {
        new_style();
        style.tcp = i / 2;
        pipes_broken = 0;
        STEP("the peer has hung up before %s begins", sides[i % 2]->name);
        IF_STUCK("The peer has hung up.");
        int rc = call_too_late(sides[i % 2]), error = errno;
        CHECK_EQ(rc, -1, "the peer has hung up");
        CHECK_EQ(pipes_broken, 0,
                 "SIGPIPE came, which ends a program that does not expect it: "
                 "send has MSG_NOSIGNAL");
        sigaction(SIGPIPE, NULL, &now);
        CHECK(now.sa_handler == count_broken_pipes,
              "how SIGPIPE is handled belongs to the whole program: leave it "
              "as it was");
        CHECK(error == EPIPE || error == ECONNRESET || error == EPROTO,
              "write said EPIPE, or read that the peer is gone; and not %s",
              name_errno(error));
    }
    sigaction(SIGPIPE, &old, NULL);
}

static void says_what_is_wrong_with_the_descriptor(void **state)
{
    (void)state;
    static const int none[] = {-1, 777}; /* far from what is opened next */

    new_style();
    for (int i = 0; i < 4; i++) {
        IF_STUCK("There is no such descriptor: poll leaves out -1, and would "
                 "wait for ever.");
        CHECK_ERRNO(
            sides[i % 2]->call(none[i / 2], the_key.bytes, the_key.len), EBADF,
            "there is no such descriptor: EBADF, as read and write say");
    }
}

/* ---- a rough sea ------------------------------------------------------- */

static void an_honest_conversation(void)
{
    for (int i = 0; i < 2; i++) {
        IF_STUCK(STUCK_WAITING);
        CHECK_EQ(talk(sides[i], sides[i]->honest), 0,
                 "nothing is wrong: after EINTR call again, after a short "
                 "read or write go on with the rest, of the length as well as "
                 "of the message");
        CHECK(heard->agreed, "and the peer is content");
    }
}

static void works_whatever_each_call_moves(void **state)
{
    (void)state;
    new_style();
    sea_handler();
    sea_every(an_honest_conversation, SEA_EINTR);
    style.tcp = true; /* which delivers a byte, when it likes to */
    sea_every(an_honest_conversation, SEA_SHORT);
}

static void a_signal_may_come_at_any_call(void **state)
{
    (void)state;
    new_style();
    sea_handler();
    sea_raise_every(an_honest_conversation, SIGUSR1);
}

static void agrees_or_says_why_not(void)
{
    for (int i = 0; i < 2; i++) {
        IF_STUCK("A call has failed: the way out is -1.");
        int rc = talk(sides[i], sides[i]->honest);
        CHECK(rc == 0 ? heard->agreed : sea_hit(),
              "%s: nothing has gone wrong in this run", sides[i]->name);
    }
}

static void leaves_nothing_behind_when_a_call_fails(void **state)
{
    (void)state;
    new_style();
    sea_every(agrees_or_says_why_not, SEA_ERRORS);
}

static void talk_while_crypto_fails(const struct side *side, life *life,
                                    int nth, bool persists)
{
    memset(&crypto, 0, sizeof(crypto));
    crypto.nth = nth;
    crypto.persists = persists;
    STEP("%s: the %d. call of libcrypto%s fails", side->name, nth,
         persists ? ", and every later one," : "");
    IF_STUCK("A call of libcrypto has failed: the way out is -1.");
    int rc = talk(side, life), error = errno;
    crypto.nth = 0;
    errno = error;
    if (life == side->honest)
        CHECK(rc == 0 ? heard->agreed : crypto.hit,
              "%s: nothing has gone wrong in this run", side->name);
    else
        CHECK(rc == -1 && !word_was_sent(WELCOME),
              "libcrypto could not work out the digest (HMAC returned NULL), "
              "and a digest of zeros was taken for right: there is nothing to "
              "compare it with then. Look at what it returns; MD5 is switched "
              "off on many machines");
}

static void when_libcrypto_fails_nobody_comes_in(void **state)
{
    (void)state;
    static life *const lives[] = {NULL, answers_zeros, answers_16_zeros,
                                  answers_nothing};

    for (int i = 0; i < 16; i++) {
        const struct side *side = sides[i % 2];
        life *life = i / 4 ? lives[i / 4] : side->honest;
        int nth = 0;

        if (i / 2 % 2 == 0 && i / 4 > 0)
            continue; /* all later ones fail, too */
        do {
            new_style();
            style.old = lives[i / 4] == answers_16_zeros;
            as_listener = i % 2;
            talk_while_crypto_fails(side, life, ++nth, i / 2 % 2);
        } while (crypto.hit && nth < 60);
    }
}

/* ---- what belongs to the caller ---------------------------------------- */

static struct settings {
    int status, flags, low_water;
    struct timeval receive, send;
} settings_of(int fd)
{
    struct settings s = {.status = fcntl(fd, F_GETFL),
                         .flags = fcntl(fd, F_GETFD)};
    socklen_t size = sizeof(s.receive);

    getsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &s.receive, &size);
    getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &s.send, &size);
    size = sizeof(s.low_water);
    getsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &s.low_water, &size);
    return s;
}

static void check_settings(int fd, const struct settings *was)
{
    struct settings is_now = settings_of(fd);

    CHECK(fcntl(fd, F_GETFD) != -1, "fd stays the caller's: leave it open");
    CHECK_EQ(is_now.status & O_NONBLOCK, was->status & O_NONBLOCK,
             "the flags of fd stay as they are: O_NONBLOCK, once changed, "
             "has to be put back, on every way out");
    CHECK(is_now.status == was->status && is_now.flags == was->flags,
          "the flags of fd stay as they are");
    CHECK(memcmp(&is_now.receive, &was->receive, sizeof(was->receive)) == 0 &&
              memcmp(&is_now.send, &was->send, sizeof(was->send)) == 0,
          "SO_RCVTIMEO and SO_SNDTIMEO of the socket are the caller's: what "
          "is changed has to be put back, on every way out");
    CHECK_EQ(is_now.low_water, was->low_water,
             "SO_RCVLOWAT of the socket is the caller's");
}

static void says_the_wrong_thing(void)
{
    say_word("hello");
}

static void leaves_the_descriptor_as_it_was(void **state)
{
    (void)state;
    for (int i = 0; i < 16; i++) {
        const struct side *side = sides[i & 1];
        const struct timeval mine_is = {.tv_sec = 77};
        struct settings was;
        int rc, error;

        new_style();
        style.nonblocking = i & 2;
        style.tcp = i & 4;
        IF_STUCK(STUCK_WAITING);
        meet(i & 8 ? says_the_wrong_thing : side->honest);
        setsockopt(mine, SOL_SOCKET, SO_RCVTIMEO, &mine_is, sizeof(mine_is));
        setsockopt(mine, SOL_SOCKET, SO_SNDTIMEO, &mine_is, sizeof(mine_is));
        was = settings_of(mine);
        quiet_begin();
        errno = 0;
        rc = side->call(mine, the_key.bytes, the_key.len);
        error = errno;
        quiet_end();
        check_settings(mine, &was);
        part(0);
        errno = error;
        CHECK_EQ(rc, i & 8 ? -1 : 0, "and %s", i & 8 ? "it fails" : "it works");
    }
}

static const struct CMUnitTest facts[] = {
    FACT(lets_in_who_knows_the_key),
    FACT(proves_itself_to_a_listener),
    FACT(understands_an_older_peer),
    FACT(two_of_ours_agree),
    FACT(any_bytes_are_a_key),
    FACT(keeps_out_who_has_another_key),
    FACT(hears_that_it_is_kept_out),
    FACT(an_empty_key_is_no_key),
    FACT(a_forged_answer_opens_nothing),
    FACT(an_answer_to_something_else_opens_nothing),
    FACT(every_bit_of_an_answer_counts),
    FACT(an_answer_of_another_length_is_wrong),
    FACT(an_old_answer_opens_nothing),
    FACT(our_own_answer_opens_nothing),
    FACT(does_not_answer_its_own_question),
    FACT(answers_nobody_who_has_not_proved_himself),
    FACT(only_a_welcome_is_a_welcome),
    FACT(only_a_challenge_is_a_challenge),
    FACT(does_not_answer_short_questions),
    FACT(answers_other_lengths_rightly_or_not),
    FACT(md5_proves_nothing_where_it_is_forbidden),
    FACT(md5_is_never_given_where_it_is_forbidden),
    FACT(md5_is_forbidden_to_all_threads),
    FACT(md5_can_be_allowed_again),
    FACT(never_asks_the_same_twice),
    FACT(children_ask_for_themselves),
    FACT(without_random_bytes_nothing_is_asked),
    FACT(asks_what_the_peer_could_not_choose),
    FACT(takes_a_message_in_pieces),
    FACT(takes_two_messages_at_once),
    FACT(leaves_what_follows_to_the_caller),
    FACT(refuses_what_is_too_long_at_once),
    FACT(a_peer_may_hang_up_at_any_byte),
    FACT(no_sigpipe_comes),
    FACT(says_what_is_wrong_with_the_descriptor),
    FACT(waits_asleep),
    FACT(signals_do_not_end_it),
    FACT(the_wall_clock_may_jump),
    FACT(keeps_its_deadline_whatever_the_peer_does),
    FACT(a_wrong_answer_takes_always_the_same_time),
    FACT(digests_are_not_for_memcmp),
    FACT(works_whatever_each_call_moves),
    FACT(a_signal_may_come_at_any_call),
    FACT(leaves_nothing_behind_when_a_call_fails),
    FACT(when_libcrypto_fails_nobody_comes_in),
    FACT(leaves_the_descriptor_as_it_was),
    FACT(an_older_python_comes_in),
    FACT(a_newer_python_comes_in),
    FACT(goes_in_to_an_older_python),
    FACT(goes_in_to_a_newer_python),
};
EXERCISE("4_sockets/handshake",
         "HMAC(3ssl), CRYPTO_memcmp(3ssl), getrandom(2), poll(2)", facts)
