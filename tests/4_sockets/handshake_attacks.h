/*
 * handshake_attacks.h — facts about peers who do not know the key, or not what
 * to say.
 */
#ifndef HANDSHAKE_ATTACKS_H
#define HANDSHAKE_ATTACKS_H

#include <pthread.h>

#include "handshake_peer.h"

/* ---- attacks ----------------------------------------------------------- */

struct attack {
    const char *peer; /* does this */
    life *life;
    int error, or ; /* what errno may be */
    const char *why;
};

static void repels(const struct side *side, const struct attack *attack)
{
    int rc, error;

    STEP("%s: the peer %s", side->name, attack->peer);
    IF_STUCK("The peer %s, and then says no more: %s.", attack->peer,
             attack->why);
    rc = talk(side, attack->life);
    error = errno;
    CHECK_EQ(rc, -1, "the peer %s, and was let in: %s", attack->peer,
             attack->why);
    CHECK(!word_was_sent(WELCOME), "the peer %s, and was welcome: %s",
          attack->peer, attack->why);
    errno = error;
    if (attack->error != attack->or)
        CHECK(error == attack->error || error == attack->or,
              "the peer %s: %s. errno is %s or %s then, and not %s",
              attack->peer, attack->why, name_errno(attack->error),
              name_errno(attack->or), name_errno(error));
    else
        CHECK(error == attack->error,
              "the peer %s: %s. errno is %s then, and not %s", attack->peer,
              attack->why, name_errno(attack->error), name_errno(error));
}

#define REPELS(side, attacks)                                                  \
    for (size_t i = 0; i < sizeof(attacks) / sizeof((attacks)[0]); i++) {      \
        new_style();                                                           \
        repels(side, &(attacks)[i]);                                           \
    }

/* A liar as a listener welcomes everybody; what it answers is the attack. */
static struct words welcomes_anybody(void)
{
    struct words text = question();

    say_challenge(text.bytes, text.len);
    hear();
    say_word(WELCOME);
    return text_of(hear());
}

/* The same attacks on both: where they are listeners, after a welcome. */
static bool as_listener;
static struct words asked(void)
{
    return as_listener ? welcomes_anybody() : text_of(hear());
}

static void answers_nothing(void)
{
    asked();
    say("", 0);
}

static void answers_zeros(void)
{
    unsigned char zeros[PREFIX + SHA] = SHA256;

    asked();
    say(zeros, sizeof(zeros));
}

static void answers_16_zeros(void)
{
    unsigned char zeros[MD5] = "";

    asked();
    say(zeros, sizeof(zeros));
}

static void answers_the_question(void)
{
    struct words text = asked();

    say(text.bytes, text.len);
}

static void answers_the_challenge(void)
{
    struct words text = asked();

    say_challenge(text.bytes, text.len);
}

static void answers_welcome(void)
{
    asked();
    say_word(WELCOME);
}

static void answers_only_the_prefix(void)
{
    asked();
    say_word(SHA256);
}

static void answers_a_text(void)
{
    asked();
    say_word("let me in, please");
}

/* With the prefix of the question only, the right MAC of something else. */
static void answers_for(const void *text, size_t len)
{
    unsigned char answer[PREFIX + SHA];

    say(answer, proof(text, len, false, answer));
}

static void answers_without_the_prefix(void)
{
    struct words text = asked();

    answers_for(text.bytes + PREFIX, RANDOM);
}

static void answers_for_the_whole_message(void)
{
    struct words text = asked();

    memmove(text.bytes + LABEL, text.bytes, text.len);
    memcpy(text.bytes, CHALLENGE, LABEL);
    answers_for(text.bytes, LABEL + text.len);
}

static void answers_for_20_bytes(void)
{
    struct words text = asked();

    answers_for(text.bytes, OLD_TEXT);
}

static void answers_for_an_empty_text(void)
{
    asked();
    answers_for("", 0);
}

static void hashes_without_a_key(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA];

    style.key = (struct key){"", 0};
    say(answer, proof(text.bytes, text.len, false, answer));
}

static void hashes_no_mac(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA] = SHA256;

    EVP_Digest(text.bytes, text.len, answer + PREFIX, NULL, EVP_sha256(), NULL);
    say(answer, sizeof(answer));
}

static void answers_in_upper_case(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA];

    proof(text.bytes, text.len, false, answer);
    memcpy(answer, "{SHA256}", PREFIX);
    say(answer, sizeof(answer));
}

static void leaves_out_the_name(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA];

    proof(text.bytes, text.len, false, answer);
    say(answer + PREFIX, SHA);
}

static void calls_md5_sha256(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + MD5] = SHA256;

    mac(EVP_md5(), style.key, text.bytes, text.len, answer + PREFIX);
    say(answer, sizeof(answer));
}

static void cuts_sha256_to_16(void)
{
    struct words text = asked();
    unsigned char digest[SHA];

    mac(EVP_sha256(), style.key, text.bytes, text.len, digest);
    say(digest, MD5);
}

static void calls_half_a_digest_sha256(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA];

    proof(text.bytes, text.len, false, answer);
    say(answer, PREFIX + MD5);
}

#define NOT_AN_ANSWER EACCES, EPROTO
#define WRONG EACCES, EACCES
static const struct attack forgeries[] = {
    {"answers with an empty message", answers_nothing, NOT_AN_ANSWER,
     "a comparison of no bytes finds no difference: the length has to be "
     "right first"},
    {"answers with zeros for a digest", answers_zeros, WRONG,
     "only the right digest opens"},
    {"answers with 16 zeros", answers_16_zeros, WRONG,
     "only the right digest opens"},
    {"answers with the text it was asked", answers_the_question, NOT_AN_ANSWER,
     "it has proved nothing"},
    {"sends the challenge back", answers_the_challenge, NOT_AN_ANSWER,
     "it has proved nothing"},
    {"answers \"#WELCOME#\"", answers_welcome, NOT_AN_ANSWER,
     "it has proved nothing: the verdict is not the peer's"},
    {"answers \"{sha256}\" and no digest", answers_only_the_prefix,
     NOT_AN_ANSWER, "the length has to be right, before bytes are compared"},
    {"answers with some text", answers_a_text, NOT_AN_ANSWER,
     "that is no digest"},
    {"has hashed the text without a key", hashes_no_mac, WRONG,
     "that proves nothing: everybody can"},
    {"has used an empty key", hashes_without_a_key, WRONG,
     "everybody knows the empty key"},
};

static void a_forged_answer_opens_nothing(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        as_listener = side == 1;
        REPELS(sides[side], forgeries);
    }
}

static const struct attack misreadings[] = {
    {"has left out \"{sha256}\" when it worked out the MAC",
     answers_without_the_prefix, WRONG,
     "the MAC is that of the whole text: it protects the name of the digest, "
     "too, or an attacker could exchange it"},
    {"has taken \"#CHALLENGE#\" for a part of the text",
     answers_for_the_whole_message, WRONG, "the text comes behind that word"},
    {"has worked out the MAC of the first 20 bytes", answers_for_20_bytes,
     WRONG, "the MAC is that of the whole text"},
    {"has worked out the MAC of nothing", answers_for_an_empty_text, WRONG,
     "it can be used again for every challenge"},
    {"answers with 32 bytes and no \"{sha256}\"", leaves_out_the_name,
     NOT_AN_ANSWER,
     "an answer says which digest it is: without a name only MD5's 16 bytes "
     "come"},
    {"calls 16 bytes of HMAC-MD5 \"{sha256}\"", calls_md5_sha256, NOT_AN_ANSWER,
     "with that name before them 32 bytes of HMAC-SHA256 have to come"},
    {"sends the first 16 bytes of HMAC-SHA256", cuts_sha256_to_16, WRONG,
     "16 bytes without a name are HMAC-MD5, and these are not"},
    {"sends \"{sha256}\" and the first half of the digest",
     calls_half_a_digest_sha256, NOT_AN_ANSWER,
     "a part of the right digest is not enough: compare the lengths, or an "
     "attacker needs to guess but one byte"},
    {"calls its digest \"{SHA256}\"", answers_in_upper_case, NOT_AN_ANSWER,
     "the protocol knows no such digest"},
};

static void an_answer_to_something_else_opens_nothing(void **state)
{
    (void)state;
    for (int side = 0; side < 2; side++) {
        as_listener = side == 1;
        REPELS(sides[side], misreadings);
    }
}

/* The right answer, changed at one place, cut or extended. */
static int wrong_bit, wrong_length;

static void answers_with_a_wrong_bit(void)
{
    struct words text = asked();
    unsigned char answer[PREFIX + SHA];
    size_t len = proof(text.bytes, text.len, style.old, answer);

    answer[wrong_bit / 8] ^= (unsigned char)(1 << wrong_bit % 8);
    say(answer, len);
}

/* One bit of each byte, or of the one behind it. */
static void every_bit_of_an_answer_counts(void **state)
{
    (void)state;
    struct attack attack = {NULL, answers_with_a_wrong_bit, EACCES, EACCES,
                            "every bit of an answer has to be right"};
    char what[80];

    for (int old = 0; old < 2; old++)
        for (int byte = 0; byte < (old ? MD5 : PREFIX + SHA); byte += 2) {
            new_style();
            style.old = old;
            as_listener = byte / 2 % 2;
            wrong_bit = byte * 8 + byte % 16;
            snprintf(what, sizeof(what),
                     "sends a wrong bit in byte %d of its answer", byte);
            attack.peer = what;
            attack.or = old || byte >= PREFIX ? EACCES : EPROTO;
            repels(sides[as_listener], &attack);
        }
}

static void answers_of_wrong_length(void)
{
    struct words text = asked(), answer = {0};

    proof(text.bytes, text.len, style.old, answer.bytes);
    say(answer.bytes, (size_t)wrong_length);
}

static void an_answer_of_another_length_is_wrong(void **state)
{
    (void)state;
    static const int lengths[] = {0,  1,  7,  8,  9,  15, 16, 17, 24,
                                  31, 32, 33, 39, 40, 41, 48, 56, 256};
    struct attack attack = {NULL, answers_of_wrong_length, NOT_AN_ANSWER,
                            "a right beginning is not enough, and nothing may "
                            "stand behind the digest: the length has to be "
                            "right first"};
    char what[80];

    for (int i = 0; i < 36; i++) {
        new_style();
        style.old = i & 1;
        as_listener = i / 2 & 1;
        wrong_length = lengths[i / 2];
        if (wrong_length == (style.old ? MD5 : PREFIX + SHA))
            continue;
        snprintf(what, sizeof(what),
                 "sends the right answer, cut or filled up to %d bytes",
                 wrong_length);
        attack.peer = what;
        repels(sides[as_listener], &attack);
    }
}

/* ---- old answers, and own questions ------------------------------------ */

static struct words *old_answer;

static void sends_the_old_answer(void)
{
    asked();
    say(old_answer->bytes, old_answer->len);
}

/* An honest peer, who is overheard. */
static void is_overheard(void)
{
    struct words answer;

    if (as_listener)
        asks();
    answer = right_answer();
    *old_answer = answer;
    say(answer.bytes, answer.len);
    hear();
    _exit(0);
}

static void an_old_answer_opens_nothing(void **state)
{
    (void)state;
    static const struct attack replay = {
        "answers with what it has heard an honest one answer before",
        sends_the_old_answer, WRONG,
        "each challenge has to be a new one: an answer that was right once "
        "would open for ever"};

    old_answer = fact_shared(sizeof(*old_answer));
    for (int i = 0; i < 4; i++) {
        new_style();
        as_listener = i % 2;
        style.old = i / 2;
        talk(sides[i % 2], is_overheard);
        repels(sides[i % 2], &replay);
    }
}

/* What we have answered ourselves is an answer of somebody who knows the key:
 * it must not open anything. */
static void returns_our_answer(void)
{
    struct words text = question();

    say_challenge(text.bytes, text.len);
    hear();
    say_word(WELCOME);
    hear();
    say(heard->msg[0].bytes, heard->msg[0].len);
}

static void our_own_answer_opens_nothing(void **state)
{
    (void)state;
    static const struct attack attack = {
        "answers with our own answer to its challenge", returns_our_answer,
        WRONG,
        "our challenge is to be random, and never made of the peer's: whoever "
        "chooses the question knows the answer, for he has just heard it "
        "from us"};

    for (int old = 0; old < 2; old++) {
        new_style();
        style.old = old;
        repels(&connects, &attack);
    }
}

static void reflects(void)
{
    struct words text = text_of(hear());
    unsigned char answer[PREFIX + SHA];
    size_t len = proof(text.bytes, text.len, style.old, answer);

    glue();
    say(answer, len);
    say_challenge(text.bytes, text.len);
    unglue();
}

static void does_not_answer_its_own_question(void **state)
{
    (void)state;
    for (int old = 0; old < 2; old++) {
        int rc, error;

        new_style();
        style.old = old;
        STEP("the peer asks us the very text that we have asked it");
        IF_STUCK("We have asked this text ourselves: it is not answered.");
        rc = talk(&accepts, reflects);
        error = errno;
        CHECK_EQ(rc, -1,
                 "the peer asks what it was asked: it may only have held up "
                 "a mirror, and proves to itself what we have said");
        errno = error;
        CHECK(heard->count > 0, "a challenge is sent");
        CHECK(!proof_was_sent(heard->msg[0].bytes + LABEL, TEXT),
              "a challenge of our own was answered: then a mirror knows the "
              "key. Compare with what you have sent");
        errno = error;
        CHECK(error == EACCES || error == EPROTO,
              "a mirror is no peer: EACCES, or EPROTO; not %s",
              name_errno(error));
    }
}

/* ---- we are no oracle -------------------------------------------------- */

/* The attacker needs an answer to this, perhaps for somebody else's door. */
static void asks_instead_of_answering(void)
{
    struct words text = question();

    hear();
    say_challenge(text.bytes, text.len);
}

static void asks_after_a_wrong_answer(void)
{
    struct words text = question();
    unsigned char zeros[PREFIX + SHA] = SHA256;

    hear();
    glue();
    say(zeros, style.old ? MD5 : sizeof(zeros));
    say_challenge(text.bytes, text.len);
    unglue();
}

static void asks_before_it_hears(void)
{
    struct words text = question();
    unsigned char zeros[PREFIX + SHA] = SHA256;

    glue();
    say_challenge(text.bytes, text.len);
    say(zeros, style.old ? MD5 : sizeof(zeros));
    say_challenge(text.bytes, text.len);
    say_word(WELCOME);
    unglue();
}

static void welcomes_and_asks(void)
{
    struct words text = question();

    hear();
    glue();
    say_word(WELCOME);
    say_challenge(text.bytes, text.len);
    say_word(WELCOME);
    unglue();
}

static const struct attack interrogations[] = {
    {"asks us instead of answering", asks_instead_of_answering, NOT_AN_ANSWER,
     "it has proved nothing yet"},
    {"asks us right after a wrong answer", asks_after_a_wrong_answer,
     NOT_AN_ANSWER, "its answer was wrong"},
    {"asks us before it has heard anything", asks_before_it_hears,
     NOT_AN_ANSWER, "it has proved nothing yet"},
    {"says \"#WELCOME#\" and asks us", welcomes_and_asks, NOT_AN_ANSWER,
     "it has proved nothing: the verdict is ours"},
};

static void answers_nobody_who_has_not_proved_himself(void **state)
{
    (void)state;
    for (int i = 0; i < 8; i++) {
        const struct attack *attack = &interrogations[i / 2];
        int rc, error;

        new_style();
        style.old = i % 2;
        struct words text = question();
        STEP("auth_accept: the peer %s", attack->peer);
        IF_STUCK("The peer %s, and then says no more: %s.", attack->peer,
                 attack->why);
        rc = talk(&accepts, attack->life);
        error = errno;
        CHECK(!proof_was_sent(text.bytes, text.len),
              "the peer %s, and got an answer to a text of its choice: at "
              "another door that answer opens. A listener hears the peer's "
              "answer, and finds it right, before it answers anything",
              attack->peer);
        errno = error;
        CHECK_EQ(rc, -1, "the peer %s, and was let in: %s", attack->peer,
                 attack->why);
        CHECK(!word_was_sent(WELCOME), "the peer %s, and was welcome: %s",
              attack->peer, attack->why);
        CHECK(error == EACCES || error == EPROTO,
              "the peer %s: %s. errno is EACCES or EPROTO then, and not %s",
              attack->peer, attack->why, name_errno(error));
    }
}

/* ---- verdicts ---------------------------------------------------------- */

/* Everything is right but the peer's verdict on us. */
static const char *verdict;

static void gives_a_verdict(void)
{
    struct words text = question();

    if (!as_listener)
        proves_itself();
    say_challenge(text.bytes, text.len);
    hear();
    say_word(verdict);
    if (as_listener)
        answers();
}

static void only_a_welcome_is_a_welcome(void **state)
{
    (void)state;
    static const char *const words[] = {
        FAILURE,      "",          "#WELCOM", "#WELCOME",
        "#WELCOME#x", "#welcome#", "WELCOME", "#WELCOME##FAILURE#"};

    for (int i = 0; i < 16; i++) {
        int rc, error;

        new_style();
        as_listener = i % 2;
        verdict = words[i / 2];
        STEP("%s: the peer's verdict is \"%s\"", sides[i % 2]->name, verdict);
        IF_STUCK("The peer has given its verdict, \"%s\", and waits.", verdict);
        rc = talk(sides[i % 2], gives_a_verdict);
        error = errno;
        CHECK_EQ(rc, -1,
                 "0 means that the peer knows that we know the key: its "
                 "verdict was \"%s\", and only \"#WELCOME#\" says so",
                 verdict);
        errno = error;
        CHECK(error == EACCES || (error == EPROTO && i / 2 > 0),
              "the peer says that we do not know the key: EACCES; what is no "
              "verdict at all is EPROTO. Not %s",
              name_errno(error));
    }
}

/* The peer is content without having been asked anything. */
static void welcomes_at_once(void)
{
    say_word(WELCOME);
}

static void asks_another_way(void)
{
    say_word("#HELLO#");
}

static void asks_in_lower_case(void)
{
    say_word("#challenge#{sha256}0123456789012345678901234567890123456789");
}

static void asks_the_older_way_in_lower_case(void)
{
    say_word("#challenge#01234567890123456789");
}

static void asks_with_half_the_word(void)
{
    say_word("#CHALLE");
}

static void asks_nothing(void)
{
    say("", 0);
}

static const struct attack no_challenges[] = {
    {"says \"#WELCOME#\" before it has asked anything", welcomes_at_once,
     EPROTO, EPROTO, "a listener begins with a challenge"},
    {"says \"#HELLO#\"", asks_another_way, EPROTO, EPROTO,
     "a listener begins with a challenge"},
    {"asks with \"#challenge#\"", asks_in_lower_case, EPROTO, EPROTO,
     "that is not the word a listener begins with"},
    {"asks for MD5 with \"#challenge#\"", asks_the_older_way_in_lower_case,
     EPROTO, EPROTO, "that is not the word a listener begins with"},
    {"sends \"#CHALLE\" as a message", asks_with_half_the_word, EPROTO, EPROTO,
     "that is not the word, and nothing comes behind it"},
    {"sends an empty message", asks_nothing, EPROTO, EPROTO,
     "a listener begins with a challenge"},
};

static void only_a_challenge_is_a_challenge(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(no_challenges) / sizeof(*no_challenges);
         i++) {
        new_style();
        repels(&connects, &no_challenges[i]);
        CHECK_EQ(heard->count, 0, "what is no challenge is not answered");
    }
}

/* ---- questions that deserve no answer ---------------------------------- */

static struct words asked_text;

static void asks_this(void)
{
    if (!as_listener)
        proves_itself();
    say_challenge(asked_text.bytes, asked_text.len);
    hear();
    say_word(WELCOME);
    if (as_listener)
        answers();
}

/* A text of that many bytes; with "{sha256}" if it is long enough. */
static void choose_text(size_t len, bool named)
{
    asked_text.len = len;
    memcpy(asked_text.bytes, sample, len);
    if (named)
        memcpy(asked_text.bytes, SHA256, len < PREFIX ? len : PREFIX);
}

static void does_not_answer_short_questions(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 7, 8, 9, 16, 18, 19};

    for (int i = 0; i < 32; i++) {
        int rc, error;

        new_style();
        as_listener = i & 1;
        choose_text(lengths[i / 4], i & 2);
        STEP("%s is asked a text of %zu bytes", sides[i & 1]->name,
             asked_text.len);
        IF_STUCK("A text of %zu bytes is not answered.", asked_text.len);
        rc = talk(sides[i & 1], asks_this);
        error = errno;
        CHECK_EQ(rc, -1,
                 "a challenge has a text of 20 bytes and more: shorter ones "
                 "are used up soon, and the answers to all of them can be "
                 "collected. \"{sha256}\" counts with them");
        CHECK(!proof_was_sent(asked_text.bytes, asked_text.len),
              "a text of %zu bytes was answered: shorter than 20 bytes, it is "
              "not",
              asked_text.len);
        errno = error;
        CHECK(error == EPROTO || error == EACCES,
              "a challenge that is too short is EPROTO, or EACCES; not %s",
              name_errno(error));
    }
}

static void answers_other_lengths_rightly_or_not(void **state)
{
    (void)state;
    static const size_t lengths[] = {21, 28, 40, 47, 49, 64, 100, 200, 245};
    int rc, error;

    for (int i = 0; i < 18; i++) {
        unsigned char right[PREFIX + SHA];

        new_style();
        as_listener = i & 1;
        choose_text(lengths[i / 2], true);
        proof(asked_text.bytes, asked_text.len, false, right);
        STEP("%s is asked a text of %zu bytes", sides[i & 1]->name,
             asked_text.len);
        IF_STUCK("The text has %zu bytes, with \"{sha256}\".", asked_text.len);
        rc = talk(sides[i & 1], asks_this);
        error = errno;
        errno = rc == -1 ? error : 0;
        CHECK(rc == -1 ? error == EPROTO || error == EACCES
                       : was_sent(right, sizeof(right)),
              "a text of %zu bytes is answered with the MAC of all of it, or "
              "it is refused: a message has up to %d bytes",
              asked_text.len, AUTH_MESSAGE_MAX);
    }
}

/* ---- MD5 --------------------------------------------------------------- */

static void answers_with_md5(void)
{
    struct words text = asked();
    unsigned char digest[MD5];

    say(digest, mac(EVP_md5(), style.key, text.bytes, text.len, digest));
}

static void answers_with_named_md5(void)
{
    struct words text = asked();
    unsigned char answer[5 + MD5] = "{md5}";

    mac(EVP_md5(), style.key, text.bytes, text.len, answer + 5);
    say(answer, sizeof(answer));
}

static const struct attack md5_answers[] = {
    {"answers with HMAC-MD5, after auth_allow_md5(false)", answers_with_md5,
     WRONG,
     "MD5 proves nothing any more, even if it is right: an attacker who can "
     "break it would simply use it"},
    {"answers with \"{md5}\" and HMAC-MD5, after auth_allow_md5(false)",
     answers_with_named_md5, NOT_AN_ANSWER,
     "MD5 proves nothing any more, under whatever name"},
};

static void md5_proves_nothing_where_it_is_forbidden(void **state)
{
    (void)state;
    auth_allow_md5(false);
    for (int side = 0; side < 2; side++) {
        as_listener = side == 1;
        new_style();
        agrees(sides[side]);
        STEP("auth_allow_md5(false)");
        REPELS(sides[side], md5_answers);
    }
    auth_allow_md5(true);
}

static void *forbids_md5(void *unused)
{
    auth_allow_md5(false);
    return unused;
}

/* A _Thread_local switch would be that thread's only. */
static const struct attack md5_for_another_thread[] = {
    {"answers with HMAC-MD5, after auth_allow_md5(false) in another thread",
     answers_with_md5, WRONG,
     "auth_allow_md5(false) holds for the whole process, whichever thread "
     "says it"},
};

static void md5_is_forbidden_to_all_threads(void **state)
{
    (void)state;
    pthread_t thread;

    auth_allow_md5(true);
    CHECK_EQ(pthread_create(&thread, NULL, forbids_md5, NULL), 0,
             "the test's own thread");
    pthread_join(thread, NULL);
    for (int side = 0; side < 2; side++) {
        as_listener = side == 1;
        REPELS(sides[side], md5_for_another_thread);
    }
    auth_allow_md5(true);
}

/* The older question, and one that names MD5 itself. */
static void md5_is_never_given_where_it_is_forbidden(void **state)
{
    (void)state;
    auth_allow_md5(false);
    for (int i = 0; i < 6; i++) {
        int rc, error;

        new_style();
        as_listener = i % 2;
        choose_text(i < 4 ? OLD_TEXT : TEXT, false);
        if (i >= 2)
            memcpy(asked_text.bytes, "{md5}", 5);
        STEP("MD5 is not allowed, and %s is asked for it", sides[i % 2]->name);
        IF_STUCK("MD5 is not allowed, and the peer asks for it: hang up.");
        rc = talk(sides[i % 2], asks_this);
        error = errno;
        CHECK(!proof_was_sent(asked_text.bytes, asked_text.len),
              "after auth_allow_md5(false) MD5 is never given: who collects "
              "such answers may find the key");
        errno = error;
        CHECK_EQ(rc, -1,
                 "after auth_allow_md5(false) a challenge of the older kind "
                 "is refused");
        CHECK(error == EACCES || (error == EPROTO && i >= 4),
              "the peer wants MD5 where it is not allowed: EACCES, not %s",
              name_errno(error));
    }
    auth_allow_md5(true);
}

static void md5_can_be_allowed_again(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        auth_allow_md5(false);
        new_style();
        agrees(sides[i % 2]);
        auth_allow_md5(true);
        STEP("auth_allow_md5(false), and then auth_allow_md5(true)");
        new_style();
        style.old = i / 2;
        agrees(sides[i % 2]);
    }
}

#endif
