/*
 * conn_test.c — what a connection promises.
 *
 * Nothing is said about the form of messages on the wire, so the tests speak
 * through the functions only. Message k is the sample from its byte k on.
 * Where one process does both, messages are short: every bridge holds them.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conn.h"
#include "fact.h"

enum { FAR = 3602000, SOON = 80, MOST = CONN_MAX + 1, GUARD = 0xee };

static unsigned char sample[MOST + 1000], buf[MOST];
static struct conn a, b;
static size_t len;

static const unsigned char *message(int k)
{
    if (sample[1] == 0)
        for (size_t i = 0; i < sizeof(sample); i++)
            sample[i] = (unsigned char)(i * 7 + i / 64 + i / 4099);
    return sample + k;
}

/* ---- ends, messages and the process at the other end ------------------- */

static void make_pair(bool duplex)
{
    CHECK_OK(conn_pair(&a, &b, duplex), "nothing is wrong");
    STEP("a pair, %s", duplex ? "duplex" : "where b sends and a receives");
}

static void close_pair(void)
{
    conn_close(&a);
    conn_close(&b);
}

static void sends(struct conn *from, int k, size_t n)
{
    CHECK_EQ(conn_send(from, message(k), n), 0,
             "a message of %zu bytes is sent: there is room for it", n);
}

static int receive(struct conn *to, size_t cap)
{
    len = SIZE_MAX;
    memset(buf, GUARD, cap < MOST ? cap + 1 : MOST);
    return conn_recv(to, buf, cap, &len);
}

static bool is_message(int k, size_t n)
{
    return len == n && memcmp(buf, message(k), n) == 0;
}

static void receives(struct conn *to, int k, size_t n)
{
    CHECK_EQ(receive(to, CONN_MAX), 1,
             "a message of %zu bytes was sent, so there is one to receive", n);
    CHECK_MEM(buf, len, message(k), n,
              "a message arrives whole, alone, and in the order it was sent");
}

/* What the process with end b does; it has closed its copy of a. */
static pid_t peer(void (*life)(void))
{
    pid_t pid = fact_fork();

    if (pid == 0) {
        conn_close(&a);
        life();
        conn_close(&b);
        _exit(0);
    }
    conn_close(&b);
    return pid;
}

static void peer_ended(pid_t pid)
{
    int wstatus;

    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0),
                 "the process at the other end was content");
}

/* The caller ignores SIGPIPE from here to restore_sigpipe. */
static void ignore_sigpipe(void)
{
    signal(SIGPIPE, SIG_IGN);
}

static void restore_sigpipe(void)
{
    struct sigaction now;

    sigaction(SIGPIPE, NULL, &now);
    CHECK(now.sa_handler == SIG_IGN,
          "the caller ignores SIGPIPE, and has to find it so: leave signals "
          "alone, they belong to the whole program");
    signal(SIGPIPE, SIG_DFL);
}

/* ---- the plain case ---------------------------------------------------- */

static void carries_messages_both_ways(void **state)
{
    (void)state;
    make_pair(true);
    IF_STUCK("A message was sent, and conn_recv at the other end waits: for "
             "more bytes than the message has? With duplex, what a sends "
             "arrives at b, and what b sends at a.");
    sends(&a, 1, 100);
    sends(&b, 2, 200);
    CHECK_EQ(receive(&a, CONN_MAX), 1, "b has sent a message to a");
    CHECK_MEM(buf, len, message(2), 200,
              "what b sends arrives at a, as it was sent: the two directions "
              "are separate, nobody receives what he sent himself");
    receives(&b, 1, 100);
    sends(&b, 3, 300);
    receives(&a, 3, 300);
    close_pair();
}

static void carries_messages_one_way(void **state)
{
    (void)state;
    make_pair(false);
    IF_STUCK("b has sent a message, and conn_recv at a waits: for more bytes "
             "than the message has? Without duplex, a only receives and b only "
             "sends.");
    sends(&b, 1, 100);
    receives(&a, 1, 100);
    close_pair();
}

static void keeps_messages_apart(void **state)
{
    (void)state;
    static const size_t n[] = {0, 1, 2, 5, 20, 100, 300};

    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        IF_STUCK("All messages have been sent: conn_recv waits for bytes that "
                 "belong to none of them. How does it know where each ends?");
        for (int k = 0; k < 7; k++)
            sends(&b, k, n[k]);
        for (int k = 0; k < 7; k++)
            receives(&a, k, n[k]);
        close_pair();
    }
}

static void an_empty_message_is_a_message(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        sends(&b, 0, 0);
        sends(&b, 5, 5);
        IF_STUCK("An empty message was sent: it arrives, too.");
        CHECK_EQ(conn_poll(&a, FAR), 1,
                 "an empty message has been sent, and conn_recv will find it");
        CHECK_EQ(receive(&a, 0), 1,
                 "a message of 0 bytes is no end, and fits into 0 bytes of "
                 "room: tell them apart by their length on the way");
        CHECK_EQ(len, 0, "its length is 0");
        receives(&a, 5, 5);
        close_pair();
    }
}

static void needs_no_more_room_than_the_message(void **state)
{
    (void)state;
    make_pair(false);
    sends(&b, 1, 100);
    sends(&b, 2, 5);
    CHECK_EQ(receive(&a, 100), 1, "100 bytes fit into room for 100");
    CHECK(is_message(1, 100), "all of it arrives");
    CHECK_EQ(buf[100], GUARD, "nothing is written beyond cap");
    CHECK_EQ(receive(&a, 100), 1, "5 bytes fit into room for 100");
    CHECK(is_message(2, 5), "all of it arrives");
    CHECK_EQ(buf[5], GUARD, "nothing is written beyond the message");
    close_pair();
}

static void pairs_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct conn c, d;

    make_pair(true);
    CHECK_OK(conn_pair(&c, &d, true), "a second pair");
    IF_STUCK("Each pair has its own messages: what conn_recv keeps for later, "
             "in a static variable say, another pair or process misses.");
    sends(&a, 1, 10);
    sends(&a, 2, 20);
    sends(&c, 3, 30);
    sends(&d, 4, 40);
    receives(&b, 1, 10);
    receives(&d, 3, 30);
    receives(&c, 4, 40);
    receives(&b, 2, 20);
    conn_close(&c);
    conn_close(&d);
    sends(&b, 5, 50);
    receives(&a, 5, 50);
    close_pair();
}

/* ---- large messages, and many ------------------------------------------ */

static const size_t size[] = {0,     1,     4095,         4096,    4097, 65531,
                              65535, 65536, 65537,        200000,  3,    0,
                              1,     17,    CONN_MAX - 1, CONN_MAX};
enum { SIZES = sizeof(size) / sizeof(size[0]) };

static void send_every_size(void)
{
    for (int k = 0; k < SIZES; k++)
        ISLAND_CHECK(conn_send(&b, message(k), size[k]) == 0,
                     "a message of %zu bytes could not be sent: up to CONN_MAX "
                     "all are carried, and conn_send waits while the bridge is "
                     "full",
                     size[k]);
}

static void carries_messages_of_every_size(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        pid_t pid = peer(send_every_size);
        IF_STUCK("One process sends and the other receives, and nobody moves: "
                 "a message may be larger than a pipe or a socket holds, so "
                 "it goes in parts, and conn_recv goes on until it has all.");
        for (int k = 0; k < SIZES; k++)
            receives(&a, k, size[k]);
        CHECK_EQ(receive(&a, CONN_MAX), 0, "and then comes the end");
        conn_close(&a);
        peer_ended(pid);
    }
}

/* Sends back what it receives, to the end. */
static void echo(void)
{
    int rc;

    while ((rc = conn_recv(&b, buf, CONN_MAX, &len)) == 1)
        ISLAND_CHECK(conn_send(&b, buf, len) == 0,
                     "the process at the other end could not send back the "
                     "%zu bytes it had received",
                     len);
    ISLAND_CHECK(rc == 0,
                 "conn_recv at the other end returned %d, errno %s, where a "
                 "message or the end was due: after EINTR call again, after a "
                 "short read go on with the rest, of the length as well as of "
                 "the message",
                 rc, name_errno(errno));
}

static void brings_back_messages_of_every_size(void **state)
{
    (void)state;
    ignore_sigpipe();
    make_pair(true);
    pid_t pid = peer(echo);
    IF_STUCK("The other process receives and sends back, and nobody moves: "
             "conn_send has to send all of a message, conn_recv to wait for "
             "all of it, and not for more.");
    for (int k = 0; k < SIZES; k++) {
        sends(&a, k, size[k]);
        receives(&a, k, size[k]);
    }
    conn_close(&a);
    peer_ended(pid);
    restore_sigpipe();
}

/*
 * The header's advice: before each message, receive what is there. Both
 * processes do so, neither waits for the other, and nothing deadlocks.
 */
enum { MANY = 300, A_FEW_KIB = 3000 };

static int receive_next(struct conn *end, int k)
{
    int rc = conn_recv(end, buf, CONN_MAX, &len);

    return rc == 1 && is_message(k, A_FEW_KIB) ? 1 : -1;
}

/* How many messages arrived as they should; -1: something went wrong. */
static int talk_and_listen(struct conn *end)
{
    int heard = 0, rc = 0;

    for (int k = 0; k < MANY && rc >= 0; k++) {
        while ((rc = conn_poll(end, 0)) == 1 && heard < MANY)
            if (receive_next(end, heard++) == -1)
                return -1;
        if (rc == -1 || conn_send(end, message(k), A_FEW_KIB) == -1)
            return -1;
    }
    while (heard < MANY)
        if (receive_next(end, heard++) == -1)
            return -1;
    return heard;
}

static void talk_from_the_other_end(void)
{
    ISLAND_CHECK(talk_and_listen(&b) == MANY,
                 "both send and receive at the same time, and the process at "
                 "the other end did not receive every message whole and in "
                 "order");
}

static void both_may_talk_at_once(void **state)
{
    (void)state;
    ignore_sigpipe();
    make_pair(true);
    pid_t pid = peer(talk_from_the_other_end);
    IF_STUCK("Both processes ask conn_poll before each message and receive "
             "what is there, and yet each waits for the other: conn_poll says "
             "1 as soon as there is something to receive, also when more than "
             "one message has come.");
    CHECK_EQ(talk_and_listen(&a), MANY,
             "both send and receive at the same time, and every message "
             "arrives whole and in order: the two directions are separate");
    conn_close(&a);
    peer_ended(pid);
    restore_sigpipe();
}

/* ---- too long ---------------------------------------------------------- */

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    size_t four_gib = (size_t)1 << 32;
    void *room = mmap(NULL, four_gib + 5, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        IF_STUCK("The message is above CONN_MAX: refuse it before anything is "
                 "sent.");
        quiet_begin();
        CHECK_ERRNO(conn_send(&b, message(0), CONN_MAX + 1), EMSGSIZE,
                    "CONN_MAX is the most that one message carries");
        if (room != MAP_FAILED)
            CHECK_ERRNO(conn_send(&b, room, four_gib + 5), EMSGSIZE,
                        "4 GiB and 5 bytes are above CONN_MAX: compare before "
                        "the length is put into 32 bits, which leave 5");
        quiet_end();
        sends(&b, 1, 10);
        IF_STUCK("conn_recv waits for the bytes of a message that was refused: "
                 "nothing of it may be sent, not even its length.");
        receives(&a, 1, 10);
        CHECK_EQ(conn_poll(&a, 0), 0,
                 "nothing of a message that is refused may be sent");
        close_pair();
    }
    if (room != MAP_FAILED)
        munmap(room, four_gib + 5);
}

static void send_much_and_little(void)
{
    static const size_t much[] = {11, 5000, 70000, CONN_MAX};

    for (int k = 0; k < 4; k++)
        ISLAND_CHECK(conn_send(&b, message(k), much[k]) == 0 &&
                         conn_send(&b, message(k), 10) == 0,
                     "the process at the other end could not send its "
                     "messages: what does not fit is received all the same, "
                     "and thrown away");
}

static void skips_what_does_not_fit(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        pid_t pid = peer(send_much_and_little);
        for (int k = 0; k < 4; k++) {
            IF_STUCK("The message does not fit, and is to be skipped: read it "
                     "to its end, and not further.");
            CHECK_ERRNO(receive(&a, 10), EMSGSIZE,
                        "the message is longer than the room for it: that is "
                        "an error, and no part of it is delivered as a whole");
            CHECK_EQ(buf[10], GUARD, "buf has room for cap bytes, no more");
            CHECK_EQ(receive(&a, 10), 1,
                     "after EMSGSIZE the next call receives the next message: "
                     "what does not fit has to be read and thrown away");
            CHECK(is_message(k, 10),
                  "it is the next message, not the rest of the one before it: "
                  "what does not fit has to be read and thrown away, all of "
                  "it");
        }
        conn_close(&a);
        peer_ended(pid);
    }
}

/* ---- one-way ends ------------------------------------------------------ */

static void one_end_only_sends(void **state)
{
    (void)state;
    static const int timeout[] = {-1, 0, FAR};

    make_pair(false);
    CHECK_EQ(b.in, -1, "b only sends: its in is -1");
    CHECK(b.out != -1, "b sends: its out is a descriptor");
    quiet_begin();
    IF_STUCK("b only sends: conn_recv says so at once with EBADF, it does not "
             "wait for a message that can never come.");
    CHECK_ERRNO(receive(&b, 100), EBADF,
                "b only sends, so there is nothing to receive, nor an end");
    IF_STUCK("b only sends: conn_poll says so at once with EBADF. poll leaves "
             "out a descriptor of -1, and waits for ever.");
    for (int i = 0; i < 3; i++)
        CHECK_ERRNO(conn_poll(&b, timeout[i]), EBADF,
                    "b only sends, so there is nothing to wait for: poll "
                    "itself would leave out a descriptor of -1");
    quiet_end();
    sends(&b, 1, 10);
    receives(&a, 1, 10);
    close_pair();
}

static void one_end_only_receives(void **state)
{
    (void)state;
    make_pair(false);
    CHECK_EQ(a.out, -1, "a only receives: its out is -1");
    CHECK(a.in != -1, "a receives: its in is a descriptor");
    quiet_begin();
    IF_STUCK("a only receives: conn_send says so at once with EBADF.");
    CHECK_ERRNO(conn_send(&a, message(0), 10), EBADF, "a only receives");
    CHECK_ERRNO(conn_send(&a, message(0), 0), EBADF,
                "a only receives, an empty message cannot be sent either");
    quiet_end();
    sends(&b, 1, 10);
    receives(&a, 1, 10);
    close_pair();
}

/* ---- the end ----------------------------------------------------------- */

static void sees_that_the_peer_has_closed(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        sends(&b, 1, 10);
        sends(&b, 2, 0);
        sends(&b, 3, 30);
        conn_close(&b);
        STEP("b has sent three messages and is closed");
        IF_STUCK("b is closed: what it sent before is received, and then comes "
                 "the end. conn_close has to close every descriptor of an "
                 "end, or the other one waits for ever; and a SOCK_DGRAM "
                 "socket never sees an end.");
        receives(&a, 1, 10);
        receives(&a, 2, 0);
        receives(&a, 3, 30);
        CHECK_EQ(conn_poll(&a, -1), 1,
                 "conn_recv will find the end, so conn_poll says 1: poll "
                 "tells it with POLLHUP, perhaps without POLLIN");
        CHECK_EQ(conn_poll(&a, 0), 1, "and says so again");
        CHECK_EQ(receive(&a, 100), 0,
                 "everything was received and the peer has closed its end: 0");
        CHECK_EQ(receive(&a, 100), 0, "the end stays the end");
        close_pair();
    }
}

static void sees_the_close_while_it_waits(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        struct gate *go = gate_new(2);
        bool polls = i % 2;
        int rc, error;

        make_pair(i / 2);
        pid_t pid = fact_fork();
        if (pid == 0) {
            conn_close(&a);
            gate_wait(go);
            conn_close(&b);
            _exit(0);
        }
        conn_close(&b);
        IF_STUCK("The other process has closed its end, and nobody else has "
                 "it open: conn_close has to close all of its descriptors.");
        watch_begin((void (*)(void *))(uintptr_t)gate_open, go);
        rc = polls ? conn_poll(&a, -1) : receive(&a, 100);
        error = errno;
        watch_end("wait in a call that sleeps until there is a message or the "
                  "end, such as read or poll");
        errno = error;
        if (polls)
            CHECK_EQ(rc, 1,
                     "the peer has closed its end, and conn_recv will "
                     "find the end: that is 1");
        else
            CHECK_EQ(rc, 0, "the peer has closed its end: that is 0");
        CHECK_EQ(receive(&a, 100), 0, "the end stays the end");
        conn_close(&a);
        peer_ended(pid);
    }
}

/* With sockets, ECONNRESET tells the same, in packets even first. */
static void sees_that_the_peer_left_something_unread(void **state)
{
    (void)state;
    int rc = -1, messages = 0;

    make_pair(true);
    sends(&a, 1, 10);
    sends(&b, 2, 20);
    conn_close(&b);
    STEP("b is closed, and has not received what was sent to it");
    IF_STUCK("b is closed: that is the end, whatever b has not received.");
    CHECK_EQ(conn_poll(&a, -1), 1, "conn_recv will find a message or the end");
    for (int i = 0; i < 3; i++) {
        errno = 0;
        rc = receive(&a, 100);
        messages += rc == 1;
        CHECK(rc == 0 || (rc == 1 && is_message(2, 20)) ||
                  (rc == -1 && errno == ECONNRESET),
              "b is closed: what it had sent is received, and then the end, "
              "also when b has not received everything");
    }
    CHECK_EQ(messages, 1, "what b sent before it was closed is received");
    CHECK_EQ(rc, 0, "the peer has closed its end");
    close_pair();
}

static void cannot_send_to_a_peer_that_is_gone(void **state)
{
    (void)state;
    ignore_sigpipe();
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        conn_close(&a);
        STEP("a is closed, and the caller ignores SIGPIPE");
        IF_STUCK("Nobody can receive any more: conn_send returns, it does not "
                 "try again.");
        quiet_begin();
        CHECK_ERRNO(conn_send(&b, message(0), 10), EPIPE,
                    "the peer is gone: -1 with write's EPIPE");
        CHECK_ERRNO(conn_send(&b, message(0), CONN_MAX), EPIPE,
                    "the peer is gone, also for a large message");
        quiet_end();
        close_pair();
    }
    restore_sigpipe();
}

/* ---- the peer dies ----------------------------------------------------- */

static struct dying {
    struct gate *ready;
    _Atomic pid_t pid;
} * dying;

static void kill_the_peer(void *unused)
{
    (void)unused;
    kill(dying->pid, SIGKILL);
    until_dead(dying->pid);
}

static void peer_is_dead(void)
{
    waitpid(dying->pid, NULL, 0);
}

static void sends_twice_and_waits(void)
{
    ISLAND_CHECK(conn_send(&b, message(1), 10) == 0, "10 bytes can be sent");
    ISLAND_CHECK(conn_send(&b, message(2), 20) == 0, "20 bytes can be sent");
    gate_wait(dying->ready);
    for (;;)
        pause();
}

static void a_death_between_messages_is_the_end(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        int rc, error;

        make_pair(duplex);
        dying = fact_shared(sizeof(*dying));
        dying->ready = gate_new(2);
        dying->pid = peer(sends_twice_and_waits);
        gate_wait(dying->ready);
        STEP("the peer has sent two messages, and is killed with SIGKILL");
        receives(&a, 1, 10);
        IF_STUCK("The peer was killed: the kernel closes its descriptors, and "
                 "that is the end for whoever reads. Is another copy of its "
                 "end still open?");
        kill_the_peer(NULL);
        receives(&a, 2, 20);
        CHECK_EQ(conn_poll(&a, -1), 1, "conn_recv will find the end");
        rc = receive(&a, 100);
        error = errno;
        peer_is_dead();
        errno = error;
        CHECK_EQ(rc, 0,
                 "the peer died after a whole message: that is the end, "
                 "as if it had closed");
        conn_close(&a);
    }
}

static void sends_very_much(void)
{
    gate_wait(dying->ready);
    conn_send(&b, message(1), CONN_MAX);
    for (;;)
        pause();
}

/* The peer is in the middle of a large message, which does not fit. */
static void peer_in_the_middle(bool duplex)
{
    make_pair(duplex);
    dying = fact_shared(sizeof(*dying));
    dying->ready = gate_new(2);
    dying->pid = peer(sends_very_much);
    gate_wait(dying->ready);
    while (!asleep(dying->pid))
        moment();
    STEP("the peer has sent a part of a message of %d bytes, and waits for "
         "somebody to receive",
         CONN_MAX);
}

static void must_be_no_message(int rc)
{
    /* Death may come when the last byte has just been sent. */
    CHECK(rc != 1 || is_message(1, CONN_MAX),
          "the peer died in the middle of a message: EPROTO. A part is no "
          "message, and must not be delivered as one");
}

static void a_death_inside_a_message_delivers_nothing(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        int rc;

        peer_in_the_middle(duplex);
        kill_the_peer(NULL);
        peer_is_dead();
        STEP("the peer is killed with SIGKILL");
        IF_STUCK("The peer is dead, the rest of its message never comes: the "
                 "stream has ended inside a message.");
        rc = receive(&a, CONN_MAX);
        must_be_no_message(rc);
        CHECK(receive(&a, CONN_MAX) != 1, "nothing more was sent");
        conn_close(&a);
    }
}

static void a_death_inside_a_message_wakes_the_receiver(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        int rc;

        peer_in_the_middle(duplex);
        kill(dying->pid, SIGSTOP);
        STEP("it stops there; and later it is killed with SIGKILL");
        IF_STUCK("The peer is dead, the rest of its message never comes: the "
                 "stream has ended inside a message.");
        watch_begin(kill_the_peer, NULL);
        rc = receive(&a, CONN_MAX);
        watch_end("wait for the rest of a message in a call that sleeps, such "
                  "as read");
        peer_is_dead();
        must_be_no_message(rc);
        conn_close(&a);
    }
}

static void waits_to_be_killed(void)
{
    gate_wait(dying->ready);
    for (;;)
        pause();
}

static void a_death_ends_the_sending(void **state)
{
    (void)state;
    int rc, error;

    ignore_sigpipe();
    make_pair(true);
    dying = fact_shared(sizeof(*dying));
    dying->ready = gate_new(2);
    dying->pid = peer(waits_to_be_killed);
    gate_wait(dying->ready);
    STEP("the peer does not receive, and is killed while much is sent to it");
    IF_STUCK("The peer is dead, nobody can receive any more: conn_send "
             "returns with EPIPE.");
    watch_begin(kill_the_peer, NULL);
    rc = conn_send(&a, message(1), CONN_MAX);
    error = errno;
    watch_end("wait for room in a call that sleeps, such as write or poll");
    peer_is_dead();
    if (rc == 0) { /* there was room for all of it */
        rc = conn_send(&a, message(1), CONN_MAX);
        error = errno;
    }
    errno = error;
    CHECK_EQ(rc, -1, "the peer is dead, and has not received the message");
    CHECK(error == EPIPE || error == ECONNRESET,
          "the caller learns write's errno, EPIPE: nobody can receive");
    conn_close(&a);
    restore_sigpipe();
}

/* ---- conn_poll --------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void poll_tells_what_is_there(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        IF_STUCK("A time-out of 0 does not wait.");
        CHECK_EQ(conn_poll(&a, 0), 0, "nothing was sent: 0, and at once");
        sends(&b, 1, 10);
        sends(&b, 2, 20);
        IF_STUCK("Two messages are there: there is nothing to wait for. "
                 "conn_poll looks, and takes nothing away.");
        CHECK_EQ(conn_poll(&a, 0), 1,
                 "two messages are there: look for POLLIN on the end's in, "
                 "also with a time-out of 0");
        CHECK_EQ(conn_poll(&a, FAR), 1, "a message is there");
        CHECK_EQ(conn_poll(&a, -1), 1, "-1 waits for ever, if need be");
        receives(&a, 1, 10);
        CHECK_EQ(conn_poll(&a, 0), 1,
                 "the second message is there still: conn_recv takes one "
                 "message and leaves the next one where poll sees it");
        receives(&a, 2, 20);
        CHECK_EQ(conn_poll(&a, 0), 0, "both have been received");
        close_pair();
    }
}

static void send_one(void *unused)
{
    (void)unused;
    if (conn_send(&b, message(1), 10) == -1)
        conn_close(&b);
}

static void poll_sleeps_until_a_message_comes(void **state)
{
    (void)state;
    static const int timeout[] = {-1, FAR};

    for (int i = 0; i < 4; i++) {
        int rc, error;

        make_pair(i / 2);
        IF_STUCK("A message has come, and conn_poll does not see it: does it "
                 "wait for POLLIN, on the end's in?");
        watch_begin(send_one, NULL);
        rc = conn_poll(&a, timeout[i % 2]);
        error = errno;
        watch_end("wait in poll, for the whole time-out: it sleeps until there "
                  "is something");
        errno = error;
        CHECK_EQ(rc, 1, "a message has come: 1, and no later than that");
        receives(&a, 1, 10);
        close_pair();
    }
}

static void close_b(void)
{
    conn_close(&b);
}

/* conn_poll in vain, for SOON ms; how long did it take? */
static int poll_in_vain(bool signals, const char *too_long, int64_t *ms)
{
    int64_t from;
    int rc;

    make_pair(false);
    storm_begin(signals, close_b);
    from = now_ms();
    rc = conn_poll(&a, SOON);
    *ms = now_ms() - from;
    CHECK(!storm_end(), "%s", too_long);
    close_pair();
    return rc;
}

static void poll_waits_for_its_time(void **state)
{
    (void)state;
    int64_t ms;
    int rc = poll_in_vain(false,
                          "nothing came, and conn_poll waited for more than a "
                          "second: timeout_ms counts milliseconds",
                          &ms);

    CHECK_EQ(rc, 0, "nothing came within %d ms: 0, which is no error", SOON);
    CHECK(ms >= SOON - 2, "it came back after %d of its %d ms", (int)ms, SOON);
}

static void signals_do_not_move_the_deadline(void **state)
{
    (void)state;
    int64_t ms;
    int rc = poll_in_vain(true,
                          "a signal every 2 ms, and a time-out of 80 ms was "
                          "not over after more than a second: fix the end "
                          "once, and after each interruption wait only for "
                          "what is left",
                          &ms);

    CHECK_EQ(rc, 0,
             "a signal interrupted the wait (EINTR): that is no error "
             "and no message. Wait again for what is left");
    CHECK(ms >= SOON - 2,
          "a signal interrupted the wait, and it came back after %d of its %d "
          "ms: EINTR does not mean that the time is over. Wait again for what "
          "is left",
          (int)ms, SOON);
}

static void the_wall_clock_may_jump_ahead(void **state)
{
    (void)state;
    int rc;

    make_pair(false);
    sea_handler();
    sea_step_wall_clock(2 * 3600);
    nudge_begin(3, send_one, NULL);
    rc = conn_poll(&a, FAR);
    int error = errno;
    nudge_end();
    errno = error;
    CHECK_EQ(rc, 1,
             "somebody set the clock two hours ahead, or signals came, and "
             "the time was taken for over: only CLOCK_MONOTONIC measures "
             "time, and EINTR means to wait for what is left");
    receives(&a, 1, 10);
    close_pair();
}

static void the_wall_clock_may_jump_back(void **state)
{
    (void)state;
    int64_t ms;
    int rc;

    sea_step_wall_clock(-2 * 3600);
    rc = poll_in_vain(true,
                      "somebody set the clock two hours back, and the time was "
                      "not over after more than a second: only CLOCK_MONOTONIC "
                      "measures time",
                      &ms);
    CHECK_EQ(rc, 0, "nothing came within %d ms", SOON);
}

/* ---- signals and short counts ------------------------------------------ */

static void signals_do_not_end_a_wait(void **state)
{
    (void)state;
    int rc, error;

    sea_handler();
    make_pair(true);
    nudge_begin(3, send_one, NULL);
    rc = conn_poll(&a, -1);
    error = errno;
    nudge_end();
    errno = error;
    CHECK_EQ(rc, 1, "a signal interrupted conn_poll (EINTR): wait again");
    receives(&a, 1, 10);
    nudge_begin(3, send_one, NULL);
    rc = receive(&a, 100);
    error = errno;
    nudge_end();
    errno = error;
    CHECK_EQ(rc, 1,
             "a signal interrupted conn_recv (EINTR): it is no error "
             "and no end, wait again for the message");
    CHECK(is_message(1, 10), "and it arrives whole");
    close_pair();
}

static void let_the_peer_go_on(void *unused)
{
    (void)unused;
    kill(dying->pid, SIGCONT);
}

static void signals_do_not_tear_a_message(void **state)
{
    (void)state;
    sea_handler();
    for (int duplex = 0; duplex < 2; duplex++) {
        int rc, error;

        peer_in_the_middle(duplex);
        kill(dying->pid, SIGSTOP);
        STEP("it stops there, three signals come, and then it goes on");
        nudge_begin(3, let_the_peer_go_on, NULL);
        rc = receive(&a, CONN_MAX);
        error = errno;
        nudge_end();
        errno = error;
        CHECK_EQ(rc, 1,
                 "signals interrupted conn_recv in the middle of a "
                 "message (EINTR): keep what has come, and read on");
        CHECK(is_message(1, CONN_MAX),
              "what came before the signal is kept, and nothing is lost");
        kill_the_peer(NULL);
        peer_is_dead();
        conn_close(&a);
    }
}

static struct gate *listening;

static void listens_late(void)
{
    gate_wait(listening);
    ISLAND_CHECK(receive(&b, CONN_MAX) == 1 && is_message(1, CONN_MAX),
                 "signals interrupted conn_send in the middle of a message, "
                 "and it did not arrive whole: after EINTR, or after a write "
                 "that moved a part, go on with what is left");
    ISLAND_CHECK(receive(&b, CONN_MAX) == 1 && is_message(2, 5),
                 "the next message is in step");
}

static void signals_do_not_tear_what_is_sent(void **state)
{
    (void)state;
    int rc, error;

    sea_handler();
    ignore_sigpipe();
    make_pair(true);
    listening = gate_new(2);
    pid_t pid = peer(listens_late);
    STEP("the bridge is full, three signals come, then the peer receives");
    IF_STUCK(
        "The peer waits for the rest of a message, and conn_send has left: "
        "a write that a signal interrupts may have moved a part. Go on "
        "with what is left.");
    nudge_begin(3, (void (*)(void *))(uintptr_t)gate_open, listening);
    rc = conn_send(&a, message(1), CONN_MAX);
    error = errno;
    nudge_end();
    errno = error;
    CHECK_EQ(rc, 0,
             "signals interrupted conn_send (EINTR): it is no error, go "
             "on with what is left");
    sends(&a, 2, 5);
    peer_ended(pid);
    conn_close(&a);
    restore_sigpipe();
}

static void sending_sleeps_while_the_bridge_is_full(void **state)
{
    (void)state;
    int rc, error;

    ignore_sigpipe();
    make_pair(true);
    listening = gate_new(2);
    pid_t pid = peer(listens_late);
    IF_STUCK("The peer receives now: go on sending when there is room.");
    watch_begin((void (*)(void *))(uintptr_t)gate_open, listening);
    rc = conn_send(&a, message(1), CONN_MAX);
    error = errno;
    watch_end("wait for room in a call that sleeps, such as write or poll");
    errno = error;
    CHECK_EQ(rc, 0,
             "the message is larger than the bridge holds: send it in "
             "parts, and wait for room");
    sends(&a, 2, 5);
    peer_ended(pid);
    conn_close(&a);
    restore_sigpipe();
}

static void an_echo(void)
{
    static const size_t n[] = {0, 10, 70000, 10};

    ignore_sigpipe();
    make_pair(true);
    pid_t pid = peer(echo);
    for (int k = 0; k < 4; k++) {
        CHECK_EQ(conn_send(&a, message(k), n[k]), 0,
                 "nothing is wrong: after EINTR call again, after a short "
                 "write go on with the rest");
        CHECK_EQ(conn_poll(&a, FAR), 1,
                 "nothing is wrong: after EINTR wait again");
        CHECK_EQ(receive(&a, CONN_MAX), 1,
                 "nothing is wrong: after EINTR call again, after a short "
                 "read go on with the rest, of the length as well as of the "
                 "message");
        CHECK(is_message(k, n[k]), "and the message is whole");
    }
    conn_close(&a);
    peer_ended(pid);
    restore_sigpipe();
}

static void works_whatever_each_call_moves(void **state)
{
    (void)state;
    sea_handler();
    sea_every(an_echo, SEA_EINTR | SEA_SHORT);
}

/* ---- descriptors ------------------------------------------------------- */

static void makes_a_pair_or_says_why_not(void)
{
    for (int duplex = 0; duplex < 2; duplex++) {
        if (conn_pair(&a, &b, duplex) == -1) {
            int error = errno;
            CHECK(sea_hit(), "nothing has gone wrong in this run");
            CHECK_EQ(error, sea_error(),
                     "the caller learns the errno of the call that failed: "
                     "keep it while you close what was opened before");
            continue;
        }
        if (conn_send(&b, message(1), 10) == 0 && receive(&a, 10) == 1)
            CHECK(is_message(1, 10), "it was sent, and has arrived");
        else
            CHECK(sea_hit(), "nothing has gone wrong in this run");
        close_pair();
    }
}

static void leaves_nothing_open_when_it_fails(void **state)
{
    (void)state;
    sea_every(makes_a_pair_or_says_why_not, SEA_ERRORS);
}

static void check_cloexec(int fd, const char *name)
{
    if (fd == -1)
        return;
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC,
          "%s would be open in every program that is started later, and the "
          "peer would wait for its end for ever: O_CLOEXEC, SOCK_CLOEXEC",
          name);
}

static void its_descriptors_are_close_on_exec(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        check_cloexec(a.in, "a.in");
        check_cloexec(a.out, "a.out");
        check_cloexec(b.in, "b.in");
        check_cloexec(b.out, "b.out");
        close_pair();
    }
}

static void closing_again_does_nothing(void **state)
{
    (void)state;
    for (int duplex = 0; duplex < 2; duplex++) {
        int other[4];

        make_pair(duplex);
        close_pair();
        for (int i = 0; i < 4; i++)
            other[i] = open("/dev/null", O_RDONLY | O_CLOEXEC);
        STEP("both ends are closed, and the caller opens four files");
        close_pair();
        for (int i = 0; i < 4; i++)
            CHECK(fcntl(other[i], F_GETFD) != -1,
                  "closing an end once more closed a file of the caller's, "
                  "which had got the same number: remember that it is closed, "
                  "with -1");
        for (int i = 0; i < 4; i++)
            close(other[i]);
    }
}

static void closing_a_copy_leaves_the_others_open(void **state)
{
    (void)state;
    ignore_sigpipe();
    for (int duplex = 0; duplex < 2; duplex++) {
        make_pair(duplex);
        pid_t pid = fact_fork();
        if (pid == 0) {
            close_pair();
            _exit(0);
        }
        peer_ended(pid);
        STEP("a child has closed its copies of both ends");
        CHECK_EQ(conn_send(&b, message(1), 10), 0,
                 "another process has closed its own copy, no more: conn_close "
                 "closes, it does not shut the connection down for everybody");
        CHECK_EQ(receive(&a, 10), 1,
                 "another process has closed its own copy, no more: the "
                 "connection goes on");
        CHECK(is_message(1, 10), "the message arrives whole");
        close_pair();
    }
    restore_sigpipe();
}

/* A number that is free may belong to somebody else a moment later: here, to
 * a signal handler, which opens a file as soon as it sees one free. */
static int number[4], taken[4], null_fd;

static void take_free_numbers(int sig)
{
    int saved = errno;

    (void)sig;
    for (int i = 0; i < 4; i++)
        if (number[i] != -1 && !taken[i] && fcntl(number[i], F_GETFD) == -1)
            taken[i] = dup2(null_fd, number[i]) != -1;
    errno = saved;
}

static void nothing_taken_was_closed(void)
{
    for (int i = 0; i < 4; i++) {
        if (!taken[i])
            continue;
        CHECK(fcntl(number[i], F_GETFD) != -1,
              "descriptor %d was closed twice: between the two, somebody else "
              "had got that number, and lost it. Where in and out are the "
              "same, close it once",
              number[i]);
        close(number[i]);
    }
}

static void closes_each_descriptor_once(void **state)
{
    (void)state;
    struct sigaction mine = {.sa_handler = take_free_numbers}, old;

    null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigaction(SIGUSR1, &mine, &old);
    for (int nth = 1; nth <= 8; nth++) {
        make_pair(nth % 2);
        memcpy(number, (int[]){a.in, a.out, b.in, b.out}, sizeof(number));
        for (int i = 1; i < 4; i++)
            for (int j = 0; j < i; j++)
                if (number[i] == number[j])
                    number[i] = -1;
        memset(taken, 0, sizeof(taken));
        sea_calm();
        sea_raise(SEA_CALLS, (nth + 1) / 2, SIGUSR1);
        close_pair();
        sea_calm();
        nothing_taken_was_closed();
    }
    sigaction(SIGUSR1, &old, NULL);
    close(null_fd);
}

/* Descriptor 0 is one like the others, where the caller has closed it. */
static void zero_is_a_descriptor_too(void **state)
{
    (void)state;
    pid_t pid = fact_fork();

    if (pid == 0) {
        for (int fd = 0; fd < 3; fd++)
            close(fd);
        for (int duplex = 0; duplex < 2; duplex++) {
            ISLAND_CHECK(conn_pair(&a, &b, duplex) == 0 &&
                             conn_send(&b, message(1), 10) == 0 &&
                             conn_poll(&a, 0) == 1 && receive(&a, 10) == 1 &&
                             is_message(1, 10),
                         "the caller had closed descriptors 0, 1 and 2, and a "
                         "connection that got 0 did not work: only -1 is no "
                         "descriptor");
            close_pair();
            for (int fd = 0; fd < 3; fd++)
                ISLAND_CHECK(fcntl(fd, F_GETFD) == -1,
                             "the caller had closed descriptors 0, 1 and 2, "
                             "and descriptor %d was not closed: only -1 is no "
                             "descriptor, 0 is one",
                             fd);
        }
        _exit(0);
    }
    peer_ended(pid);
}

static const struct CMUnitTest facts[] = {
    FACT(carries_messages_both_ways),
    FACT(carries_messages_one_way),
    FACT(keeps_messages_apart),
    FACT(an_empty_message_is_a_message),
    FACT(needs_no_more_room_than_the_message),
    FACT(pairs_do_not_disturb_each_other),
    FACT(carries_messages_of_every_size),
    FACT(brings_back_messages_of_every_size),
    FACT(both_may_talk_at_once),
    FACT(refuses_what_is_too_long),
    FACT(skips_what_does_not_fit),
    FACT(one_end_only_sends),
    FACT(one_end_only_receives),
    FACT(sees_that_the_peer_has_closed),
    FACT(sees_the_close_while_it_waits),
    FACT(sees_that_the_peer_left_something_unread),
    FACT(cannot_send_to_a_peer_that_is_gone),
    FACT(a_death_between_messages_is_the_end),
    FACT(a_death_inside_a_message_delivers_nothing),
    FACT(a_death_inside_a_message_wakes_the_receiver),
    FACT(a_death_ends_the_sending),
    FACT(poll_tells_what_is_there),
    FACT(poll_sleeps_until_a_message_comes),
    FACT(poll_waits_for_its_time),
    FACT(signals_do_not_move_the_deadline),
    FACT(the_wall_clock_may_jump_ahead),
    FACT(the_wall_clock_may_jump_back),
    FACT(signals_do_not_end_a_wait),
    FACT(signals_do_not_tear_a_message),
    FACT(signals_do_not_tear_what_is_sent),
    FACT(sending_sleeps_while_the_bridge_is_full),
    FACT(works_whatever_each_call_moves),
    FACT(leaves_nothing_open_when_it_fails),
    FACT(its_descriptors_are_close_on_exec),
    FACT(closing_again_does_nothing),
    FACT(closing_a_copy_leaves_the_others_open),
    FACT(closes_each_descriptor_once),
    FACT(zero_is_a_descriptor_too),
};
EXERCISE("2_pipes/conn", "pipe(2), socketpair(2), unix(7), poll(2)", facts)
