/*
 * signal_flags_client.h — facts about rpc_call: the test is the server.
 */
#ifndef SIGNAL_FLAGS_CLIENT_H
#define SIGNAL_FLAGS_CLIENT_H

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "logbook.h"
#include "signal_flags_ends.h"

static struct wire w;

/* ---- one call ------------------------------------------------------------ */

static void one_call(int k, size_t len, size_t reply_len, int timeout_ms)
{
    call_begins(message(k), len, reply_len, timeout_ms);
    hears_a_call(&w);
    CHECK_MEM(text_of(&w), w.said, message(k), len,
              "behind its 16 bytes a call carries the message");
    answers(&w, message(k + 9), reply_len);
    struct result r = returned("the server has answered, with the number of "
                               "the call, and from its own address");
    is_reply(&r, message(k + 9), reply_len);
    caller_ends();
}

static void a_call_brings_back_its_reply(void **state)
{
    (void)state;
    static const int timeout[] = {FAR, -1, INT_MAX};

    for (int i = 0; i < 3 * FAMILIES; i++) {
        if (!open_ends(families[i / 3]))
            continue;
        one_call(i, 10, 20, timeout[i % 3]);
        close_ends();
    }
}

static void a_call_looks_as_agreed(void **state)
{
    (void)state;
    open_ends(AF_INET);
    call_begins(message(3), 300, 100, FAR);
    is_heard(hears(&w));
    CHECK_MEM(w.bytes, 4, "CALL", 4, "a call begins with these four bytes");
    CHECK_EQ(w.n, HEAD + 300,
             "4 bytes, 8 of number, 4 of length, and the message: one "
             "datagram, and nothing between them. A struct has padding");
    CHECK_MEM(w.bytes + 12, 4, "\0\0\1\x2c", 4,
              "the length of the message, 300, in big-endian: htonl");
    CHECK_MEM(text_of(&w), 300, message(3), 300, "then comes the message");
    answers(&w, "yes", 3);
    struct result r = returned("it was answered");
    is_reply(&r, "yes", 3);
    caller_ends();
    close_ends();
}

static void carries_messages_of_every_size(void **state)
{
    (void)state;
    static const size_t size[] = {0, 1, 255, 256, RPC_MAX - 1, RPC_MAX};

    for (int i = 0; i < 12; i++) {
        open_ends(AF_INET);
        one_call(i, size[i % 6], size[i < 6 ? i : 11 - i], FAR);
        close_ends();
    }
}

static void comes_back_as_soon_as_the_reply_is_there(void **state)
{
    (void)state;
    enum { TIMES = 30 };
    int64_t least = FAR;

    open_ends(AF_INET);
    calls_begin((struct task_of_a_call){NULL, 0, 10, FAR, NULL, NULL});
    for (int i = 0; i < TIMES; i++) {
        next_call();
        hears_its_turn(&w);
        answers(&w, "y", 1);
        struct result r = returned("it was answered");
        is_reply(&r, "y", 1);
        least = r.ended - r.began < least ? r.ended - r.began : least;
    }
    CHECK(least < RPC_FIRST_MS / 2,
          "each of %d calls was answered at once, and each took %d ms or "
          "more: wait for the reply with poll, which returns when it comes; "
          "do not sleep first and look then",
          TIMES, (int)least);
    caller_ends();
    close_ends();
}

/* ---- again --------------------------------------------------------------- */

static void calls_again_until_there_is_a_reply(void **state)
{
    (void)state;
    static struct wire first;

    open_ends(AF_INET);
    call_begins(message(4), 40, 50, FAR);
    hears_a_call(&first);
    for (int i = 0; i < 4; i++) {
        hears_a_call(&w);
        CHECK_EQ(w.number, first.number,
                 "it is the same call: it keeps its number, or the server "
                 "executes it once more");
        CHECK_MEM(w.bytes, w.n, first.bytes, first.n,
                  "what is sent again is the same datagram");
    }
    answers(&w, message(5), 50);
    struct result r = returned("the fifth datagram was answered");
    is_reply(&r, message(5), 50);
    caller_ends();
    close_ends();
}

/* How long has the caller waited for a processor, in ms, in its life? */
static int64_t starved_ms(void)
{
    char path[64], line[128] = "";
    unsigned long long ran = 0, waited = 0;

    snprintf(path, sizeof(path), "/proc/%d/schedstat", caller.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd == -1 || read(fd, line, sizeof(line) - 1) <= 0 ||
        sscanf(line, "%llu %llu", &ran, &waited) != 2)
        waited = 0;
    close(fd);
    return (int64_t)(waited / 1000000);
}

enum { SENDS = 9 };
static int64_t sent_at[SENDS], starved[SENDS];

static struct result nine_datagrams(void)
{
    open_ends(AF_INET);
    call_begins("x", 1, 10, -1);
    for (int i = 0; i < SENDS; i++) {
        hears_a_call(&w);
        sent_at[i] = now_ms();
        starved[i] = starved_ms();
    }
    answers(&w, "y", 1);
    struct result r = returned("the ninth datagram was answered");
    is_reply(&r, "y", 1);
    caller_ends();
    close_ends();
    return r;
}

/* Whoever waits half as long again each time is not hurried, either. */
static void not_too_early(const struct result *r)
{
    double sum = 0, wait = RPC_FIRST_MS;

    for (int i = 1; i < SENDS; i++) {
        int after = (int)(sent_at[i] - r->began);
        sum += wait < RPC_MOST_MS ? wait : RPC_MOST_MS;
        wait *= 1.5;
        CHECK(after >= 0.9 * sum - 2,
              "%d datagrams were sent within %d ms: it waits %d ms before the "
              "first repetition, and then twice as long each time, up to %d. "
              "Who repeats faster adds to the flood that drowned the first "
              "one",
              i + 1, after, RPC_FIRST_MS, RPC_MOST_MS);
    }
}

static void not_too_late(void)
{
    int64_t least = FAR;

    for (int i = SENDS - 3; i < SENDS; i++) {
        int64_t gap = sent_at[i] - sent_at[i - 1] - starved[i] + starved[i - 1];
        least = gap < least ? gap : least;
    }
    CHECK(least < RPC_MOST_MS * 3 / 2 + 20,
          "between the last of %d datagrams were never less than %d ms: it "
          "waits twice as long each time, but not above %d ms, or a short "
          "silence of the net becomes a long one",
          SENDS, (int)least, RPC_MOST_MS);
}

static void waits_longer_each_time_but_not_too_long(void **state)
{
    (void)state;
    struct result r = nine_datagrams();

    not_too_early(&r);
    not_too_late();
    CHECK(r.calls <= 30 + 10 * SENDS && r.naps <= 2,
          "%d system calls and %d naps for %d datagrams: between two of them "
          "it sleeps in one call, which ends when a reply comes or when it is "
          "time to send again",
          r.calls, r.naps, SENDS);
}

/* ---- which reply --------------------------------------------------------- */

static void a_late_reply_is_not_the_next_calls(void **state)
{
    (void)state;
    static struct wire first;

    open_ends(AF_INET);
    call_begins("first", 5, 100, 60);
    hears_a_call(&first);
    struct result r = returned("nobody has answered, its time is over");
    is_error(&r, ETIMEDOUT, "no reply came within 60 ms");
    caller_ends();
    answers(&first, "late", 4);
    STEP("the reply to the first call is waiting in the socket");
    call_begins("second", 6, 100, FAR);
    do
        hears_a_call(&w);
    while (w.number == first.number);
    answers(&first, "later", 5);
    answers(&w, "right", 5);
    r = returned("the second call was answered");
    CHECK(memcmp(r.rep, "late", 4) != 0,
          "that is the reply to the call before, which was given up: a reply "
          "counts only with the number of this call");
    is_reply(&r, "right", 5);
    caller_ends();
    close_ends();
}

static void only_the_number_of_this_call_counts(void **state)
{
    (void)state;
    open_ends(AF_INET);
    call_begins("x", 1, 100, FAR);
    hears_a_call(&w);
    for (int bit = 0; bit < 64; bit++) {
        struct wire other =
            wire("BACK", w.number ^ (uint64_t)1 << bit, "wrong", 5);
        put_to(server, w.from, &other);
    }
    answers(&w, "right", 5);
    struct result r = returned("the last datagram was the reply");
    CHECK(memcmp(r.rep, "wrong", 5) != 0,
          "the number of that reply differs in one bit from the call's: "
          "compare all 64");
    is_reply(&r, "right", 5);
    caller_ends();
    close_ends();
}

static void drops_one(int k, const char *how)
{
    static struct wire bad;

    STEP("the client gets %s, and then the reply", how);
    call_begins(message(1), 3, RPC_MAX, FAR);
    hears_a_call(&w);
    unsound(k, "BACK", w.number, &bad, &how);
    put_to(server, w.from, &bad);
    answers(&w, "the reply", 9);
    struct result r = returned("the reply came right behind");
    CHECK(r.rc == 9 && memcmp(r.rep, "the reply", 9) == 0,
          "the client got %s. It is dropped, and the wait goes on. Here "
          "rpc_call returned %d, %s. recvmsg says in msg_flags whether "
          "something was cut off (MSG_TRUNC)",
          how, (int)r.rc, r.rc == -1 ? name_errno(r.error) : "no error");
    caller_ends();
}

static void drops_what_is_no_reply(void **state)
{
    (void)state;
    static struct wire unused;
    const char *how;

    for (int local = 0; local < 2; local++)
        for (int k = 0; unsound(k, "BACK", 1, &unused, &how); k++) {
            open_ends(local ? AF_UNIX : AF_INET);
            drops_one(k, how);
            close_ends();
        }
}

static void its_own_call_is_no_reply(void **state)
{
    (void)state;
    open_ends(AF_INET);
    call_begins("x", 1, 100, FAR);
    hears_a_call(&w);
    put_to(server, w.from, &w);
    answers(&w, "right", 5);
    struct result r = returned("it was answered");
    CHECK(r.rc != 1, "somebody has sent the call back as it was: a reply "
                     "begins with \"BACK\"");
    is_reply(&r, "right", 5);
    caller_ends();
    close_ends();
}

static void a_stranger_does_not_count(void **state)
{
    (void)state;
    for (int i = 0; i < FAMILIES; i++) {
        if (!open_ends(families[i]))
            continue;
        int stranger = socket_at(anywhere(families[i]));
        call_begins("x", 1, 100, FAR);
        hears_a_call(&w);
        struct wire false_one = wire("BACK", w.number, "false", 5);
        /* The kernel refuses, where it can. */
        sendto(stranger, false_one.bytes, false_one.n, 0,
               (struct sockaddr *)&w.from.it, w.from.len);
        answers(&w, "right", 5);
        struct result r = returned("it was answered");
        CHECK(memcmp(r.rep, "false", 5) != 0,
              "that reply came from an address that nobody had asked: on a "
              "connected socket the kernel lets only its peer in. Leave it "
              "connected, and use no other");
        is_reply(&r, "right", 5);
        caller_ends();
        close(stranger);
        close_ends();
    }
}

/*
 * A datagram that came before connect(2) is delivered after it. Between the
 * first sending and the first receiving, which are both this process's, a
 * stranger's is put there. Where what was there before has been thrown away
 * already, nothing could have been there, and none is put.
 */
static struct seen {
    atomic_int calls;
    _Atomic uint64_t number;
} * seen;
static int stranger;
static bool injected;

static pid_t server_that_answers_the_second(void)
{
    pid_t pid = fact_fork();

    if (pid != 0)
        return pid;
    for (;;) {
        if (!is_there(server, -1) || !take(server, &w))
            continue;
        seen->number = w.number;
        if (++seen->calls >= 2)
            answers(&w, "right", 5);
    }
}

static bool still_there(const char *text)
{
    char bytes[HEAD + 8];

    return recv(client, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT) > HEAD &&
           memcmp(bytes + HEAD, text, strlen(text)) == 0;
}

static void inject(int sig)
{
    int kept = errno;
    struct place to = place_of(stranger), home = {.len = sizeof(home.it)};

    (void)sig;
    for (int i = 0; i < 50 && seen->calls == 0; i++)
        moment();
    if (seen->calls > 0 && !injected && still_there("before")) {
        struct wire false_one = wire("BACK", seen->number, "false", 5);
        getpeername(client, (struct sockaddr *)&home.it, &home.len);
        connect(client, (struct sockaddr *)&to.it, to.len);
        put_to(stranger, place_of(client), &false_one);
        connect(client, (struct sockaddr *)&home.it, home.len);
        injected = true;
    }
    errno = kept;
}

static void call_with_a_stranger_in_the_queue(int nth)
{
    struct wire before = wire("BACK", 1, "before", 6);
    struct task_of_a_call t = {"x", 1, 100, FAR, NULL, NULL};

    server = socket_at(anywhere(AF_INET));
    client = socket_at(anywhere(AF_INET));
    put_to(stranger, place_of(client), &before);
    lead_to(client, place_of(server));
    seen = fact_shared(sizeof(*seen));
    pid_t pid = server_that_answers_the_second();
    injected = false;
    sea_calm();
    sea_raise(SEA_CALLS, nth, SIGUSR1);
    struct result r = call_here(t);
    sea_calm();
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK(r.rc != 5 || memcmp(r.rep, "false", 5) != 0,
          "that reply is somebody else's. connect(2) keeps out what comes "
          "later; what was waiting in the socket already is still delivered. "
          "recvfrom says from where: compare it with getpeername's address");
    is_reply(&r, "right", 5);
    munmap(seen, sizeof(*seen));
    close_ends();
}

static void nor_one_that_was_there_before(void **state)
{
    (void)state;
    struct sigaction mine = {.sa_handler = inject, .sa_flags = SA_RESTART}, old;

    stranger = socket_at(anywhere(AF_INET));
    sigaction(SIGUSR1, &mine, &old);
    for (int nth = 1; nth <= 10; nth++)
        call_with_a_stranger_in_the_queue(nth);
    sigaction(SIGUSR1, &old, NULL);
    close(stranger);
}

/* ---- time ---------------------------------------------------------------- */

enum { SOON = 80 };
static atomic_bool *late;

static void it_is_late(void)
{
    *late = true;
}

static void with_signals(void)
{
    storm_begin(true, it_is_late);
}

static void without_signals(void)
{
    storm_begin(false, it_is_late);
}

static void storm_is_over(void)
{
    storm_end();
}

/* A call in vain; how many datagrams were sent? */
static struct result call_in_vain(int timeout_ms, void (*before)(void),
                                  const char *too_late, int *sends)
{
    struct task_of_a_call t = {"x", 1, 10, timeout_ms, before, storm_is_over};
    int64_t far = now_ms() + 3 * FAR;

    late = fact_shared(sizeof(*late));
    open_ends(AF_INET);
    one_call_begins(t);
    for (*sends = 0; !is_there(caller.done, 5); *sends += take(server, &w))
        CHECK(!*late && now_ms() < far, "%s", too_late);
    struct result r = returned("its time is over");
    while (take(server, &w))
        ++*sends;
    CHECK(!*late, "%s", too_late);
    caller_ends();
    close_ends();
    munmap(late, sizeof(*late));
    return r;
}

static void in_vain_and_in_time(int ms, const struct result *r)
{
    is_error(r, ETIMEDOUT, "nobody has answered within its time");
    CHECK(r->ended - r->began >= ms - 2,
          "it came back after %d of its %d ms, without a reply: also the last "
          "wait, which is shorter, lasts until the deadline",
          (int)(r->ended - r->began), ms);
}

static void gives_up_at_its_deadline(void **state)
{
    (void)state;
    static const int time[] = {1, SOON, 130};
    int sends;

    for (int i = 0; i < 3; i++) {
        struct result r = call_in_vain(
            time[i], without_signals,
            "nobody answers, and a time-out of less than 200 ms was not over "
            "after more than a second: fix the end of the call once, before "
            "the first datagram; repeating it does not begin it anew",
            &sends);
        in_vain_and_in_time(time[i], &r);
        CHECK(sends >= 1, "rpc_call sends the call, whatever comes of it");
    }
}

static void no_time_means_one_look(void **state)
{
    (void)state;
    int sends;
    struct result r = call_in_vain(0, without_signals,
                                   "timeout_ms is 0, and rpc_call waited for "
                                   "more than a second: 0 does not wait",
                                   &sends);

    is_error(&r, ETIMEDOUT, "a time-out of 0 sends, looks once, and is over");
    CHECK(sends <= 1, "there is no time to repeat anything");
}

/* Is every one of some calls much longer than it should be? */
static void does_not_oversleep(void **state)
{
    (void)state;
    enum { MS = RPC_FIRST_MS * 20 };
    int64_t over = 1000;
    int sends;

    for (int i = 0; i < 5 && over > 120; i++) {
        struct result r = call_in_vain(MS, NULL,
                                       "nobody answers, its time is "
                                       "over",
                                       &sends);
        in_vain_and_in_time(MS, &r);
        over = r.ended - r.began - MS;
    }
    CHECK(over <= 120,
          "each of five calls came back %d ms or more after its deadline: the "
          "deadline may come before the next repetition is due. Wait for "
          "whichever of the two is first",
          (int)over);
}

static void signals_do_not_move_the_deadline(void **state)
{
    (void)state;
    int sends;
    struct result r = call_in_vain(
        SOON, with_signals,
        "a signal every 2 ms, and a time-out of 80 ms was not over after more "
        "than a second: fix the end once, and after each interruption wait "
        "only for what is left",
        &sends);

    is_error(&r, ETIMEDOUT,
             "a signal interrupts the wait (EINTR): it is no error, wait again "
             "for what is left");
    in_vain_and_in_time(SOON, &r);
    CHECK(sends <= 6,
          "%d datagrams within %d ms: EINTR is no sign that it is time to "
          "send again",
          sends, SOON);
}

static void signals_do_not_put_off_the_repetition(void **state)
{
    (void)state;
    struct task_of_a_call t = {"x", 1, 10, FAR, with_signals, storm_is_over};

    late = fact_shared(sizeof(*late));
    open_ends(AF_INET);
    one_call_begins(t);
    for (int sends = 0; sends < 3;) {
        CHECK(!*late, "a signal every 2 ms, and after more than a second the "
                      "call had not been repeated twice: when it is sent again "
                      "is fixed when it is sent, and no signal moves it");
        is_heard(!is_there(caller.done, 0));
        sends += is_there(server, 5) && take(server, &w);
    }
    answers(&w, "y", 1);
    struct result r = returned("it was answered");
    is_reply(&r, "y", 1);
    caller_ends();
    close_ends();
    munmap(late, sizeof(*late));
}

/* Sends what counts for nothing, every millisecond, until it says stop. */
enum { FLOOD = 3000 };

static void garbage(int i)
{
    static struct wire bad;
    const char *how;

    if (i % 2)
        bad = wire("BACK", 12345, "wrong", 5);
    else
        unsound(i % 17, "BACK", w.number, &bad, &how);
    sendto(server, bad.bytes, bad.n, MSG_DONTWAIT,
           (struct sockaddr *)&w.from.it, w.from.len);
    moment();
}

static void garbage_does_not_put_off_the_repetition(void **state)
{
    (void)state;
    open_ends(AF_INET);
    call_begins("x", 1, 10, FAR);
    for (int sends = 0, i = 0; sends < 3; i++) {
        is_heard(!is_there(caller.done, 0));
        CHECK(i < FLOOD,
              "something that is no reply came every millisecond, and in more "
              "than a second the call was repeated %d times: what is dropped "
              "does not begin the wait anew",
              sends - 1);
        sends += is_there(server, sends ? 0 : FAR) && take(server, &w);
        garbage(i);
    }
    answers(&w, "y", 1);
    struct result r = returned("it was answered");
    is_reply(&r, "y", 1);
    caller_ends();
    close_ends();
}

static void garbage_does_not_move_the_deadline(void **state)
{
    (void)state;
    int sends = 0;

    open_ends(AF_INET);
    call_begins("x", 1, 10, SOON);
    hears_a_call(&w);
    for (int i = 0; !is_there(caller.done, 0); i++) {
        CHECK(i < FLOOD,
              "something that is no reply came every millisecond, and a "
              "time-out of %d ms was not over after more than a second: look "
              "at the clock each time round",
              SOON);
        garbage(i);
        sends += is_there(server, 0) && take(server, &w);
    }
    struct result r = returned("its time is over");
    in_vain_and_in_time(SOON, &r);
    CHECK(sends <= 5,
          "the call was repeated %d times within %d ms: what is dropped is no "
          "sign that it is time to send again",
          sends, SOON);
    caller_ends();
    close_ends();
}

static void wall_clock_jumps(long seconds)
{
    struct task_of_a_call t = {"x",          1, 10, SOON, without_signals,
                               storm_is_over};

    late = fact_shared(sizeof(*late));
    open_ends(AF_INET);
    sea_calm();
    sea_step_wall_clock(seconds);
    one_call_begins(t);
    while (!is_there(caller.done, 5))
        CHECK(!*late, "somebody has set the clock back, and rpc_call does not "
                      "come back: only CLOCK_MONOTONIC measures time");
    struct result r = returned("its time is over");
    in_vain_and_in_time(SOON, &r);
    sea_calm();
    caller_ends();
    close_ends();
    munmap(late, sizeof(*late));
}

static void the_wall_clock_may_jump(void **state)
{
    (void)state;
    wall_clock_jumps(-3600);
    wall_clock_jumps(3600);
}

/* ---- sockets of all kinds ------------------------------------------------ */

static void a_socket_may_be_non_blocking(void **state)
{
    (void)state;
    open_ends(AF_INET);
    fcntl(client, F_SETFL, O_RDWR | O_NONBLOCK);
    call_begins("x", 1, 10, FAR);
    for (int i = 0; i < 3; i++)
        hears_a_call(&w);
    answers(&w, "y", 1);
    struct result r = returned("it was answered");
    is_reply(&r, "y", 1);
    CHECK(r.calls <= 70 && r.naps <= 2,
          "the socket is non-blocking, and %d system calls were made until "
          "the third datagram: EAGAIN is no reason to run in circles. poll "
          "waits for any socket",
          r.calls);
    caller_ends();
    close_ends();
}

static int datagrams_sent(void)
{
    static const enum sea_call list[] = {
        SEA_send,  SEA_sendto, SEA_sendmsg, SEA_sendmmsg,
        SEA_write, SEA_writev, SEA_syscall,
    };
    int sum = 0;

    for (int i = 0; i < 7; i++)
        sum += sea_count(list[i]);
    return sum;
}

/* In 127/8, so that nobody else takes the port meanwhile. */
static struct place away(void)
{
    struct place p = anywhere(AF_INET);
    unsigned random = (unsigned)getpid() * 2654435761u ^ (unsigned)now_ms();

    ((struct sockaddr_in *)&p.it)->sin_addr.s_addr =
        htonl(127u << 24 | (random >> 8 & 0xfefefe) | 0x010101);
    return p;
}

static void returns_not_yet(const char *why)
{
    struct result r;

    if (!is_there(caller.done, 0))
        return;
    r = returned("nobody has answered");
    errno = r.error;
    CHECK_EQ(r.rc, 0, "rpc_call came back, and nobody had answered: %s", why);
}

static void nobody_may_listen_at_present(void **state)
{
    (void)state;
    server = socket_at(away());
    client = socket_at(anywhere(AF_INET));
    struct place home = place_of(server);
    lead_to(client, home);
    close(server);
    server = -1;
    STEP("nobody listens at the server's address: ECONNREFUSED");
    call_begins("x", 1, 10, FAR);
    for (int i = 0; i < 2000 && datagrams_sent() < 3; i++) {
        returns_not_yet("that nobody listens there at present (ECONNREFUSED) "
                        "is a loss like any other: the server may be back for "
                        "the next datagram");
        moment();
    }
    server = socket_at(home);
    if (server == -1)
        SKIP_TEST("somebody has taken the server's port");
    STEP("the server is back");
    hears_a_call(&w);
    answers(&w, "y", 1);
    struct result r = returned("it was answered");
    is_reply(&r, "y", 1);
    caller_ends();
    close_ends();
}

/* The kernel says ECONNREFUSED once, and from then on ENOTCONN. */
static void a_local_server_may_be_gone(void **state)
{
    (void)state;
    open_ends(AF_UNIX);
    close(server);
    server = socket_at(anywhere(AF_UNIX));
    STEP("the server has closed its socket");
    call_begins("x", 1, 10, SOON);
    struct result r = returned_from("nobody is there, and its time is over");
    CHECK_EQ(r.rc, -1, "nobody has answered");
    errno = r.error;
    CHECK(r.error != ECONNREFUSED && r.error != ENOSYS,
          "that nobody listens there (ECONNREFUSED) is a loss like any other");
    CHECK(r.calls <= 120, "%d system calls in %d ms: it ran in circles",
          r.calls, SOON);
    caller_ends();
    close_ends();
}

static void says_what_send_and_recv_say(void **state)
{
    (void)state;
    char rep[10];

    int lonely = socket_at(anywhere(AF_INET));
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);
    CHECK_ERRNO(rpc_call(-1, "x", 1, rep, 10, 50), EBADF,
                "there is no such descriptor");
    CHECK_ERRNO(rpc_call(file, "x", 1, rep, 10, 50), ENOTSOCK,
                "that is no socket");
    errno = 0;
    CHECK_EQ(rpc_call(lonely, "x", 1, rep, 10, 50), -1,
             "the socket is not connected: nobody can be asked");
    CHECK(errno == ENOTCONN || errno == EDESTADDRREQ,
          "the caller learns why: ENOTCONN, and not %s", name_errno(errno));
    close(file);
    close(lonely);
}

/* ---- too long ------------------------------------------------------------ */

static void refuses_what_is_too_long(void **state)
{
    (void)state;
    static const size_t len[] = {RPC_MAX + 1, 65535, 65536 + 5,
                                 ((size_t)1 << 32) + 5};
    size_t size = len[3];
    char rep[10];
    void *room = mmap(NULL, size, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    open_ends(AF_INET);
    for (int i = 0; i < (room == MAP_FAILED ? 0 : 4); i++) {
        CHECK_ERRNO(rpc_call(client, room, len[i], rep, 10, 50), EMSGSIZE,
                    "RPC_MAX is the most that a call carries: what is longer "
                    "is refused before anything is sent");
        CHECK(!is_there(server, 0), "nothing of it may be sent");
    }
    if (room != MAP_FAILED)
        munmap(room, size);
    close_ends();
}

static void a_reply_may_be_longer_than_the_room(void **state)
{
    (void)state;
    static const size_t cap[] = {0, 4, RPC_MAX - 1}, len[] = {1, 5, RPC_MAX};

    for (int i = 0; i < 3; i++) {
        open_ends(AF_INET);
        call_begins(message(i), 9, cap[i], FAR);
        hears_a_call(&w);
        answers(&w, message(7), len[i]);
        struct result r = returned("it was answered, though there is no room "
                                   "for the reply: that is EMSGSIZE");
        is_error(&r, EMSGSIZE, "the reply is longer than cap");
        CHECK_EQ(r.rep[cap[i]], GUARD,
                 "rep has room for cap bytes, and nothing is written behind");
        caller_ends();
        close_ends();
    }
}

/* ---- numbers ------------------------------------------------------------- */

static uint64_t greatest;

/* The call of this turn has a number above all before it. */
static void hears_a_greater_number(const char *why)
{
    hears_its_turn(&w);
    CHECK(w.number > greatest,
          "a call has the number %llu, and one before it from the same "
          "address had %llu: the server takes it for that one, or for an "
          "older one. %s",
          (unsigned long long)w.number, (unsigned long long)greatest, why);
    greatest = w.number;
}

static void numbers_begin(void)
{
    open_ends(AF_INET);
    greatest = 0;
}

static int64_t clock_of(clockid_t id, int64_t per_second)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * per_second +
           t.tv_nsec / (1000000000 / per_second);
}

/* These two begin at 0 when the machine starts. */
static void not_since_the_machine_started(void)
{
    static const clockid_t id[] = {CLOCK_MONOTONIC, CLOCK_BOOTTIME};
    static const int64_t per_second[] = {1000000000, 1000000, 1000};

    for (int i = 0; i < 6; i++) {
        int64_t per = per_second[i % 3], now = clock_of(id[i / 3], per);
        int64_t then = (int64_t)greatest;
        CHECK(then > now || then < now - 60 * per || now > then + 60 * per,
              "the number is the time since the machine was started: after "
              "the next start all numbers are smaller, and the server drops "
              "them. CLOCK_REALTIME goes on counting");
    }
}

static void numbers_grow(void **state)
{
    (void)state;
    enum { TIMES = 60 };

    numbers_begin();
    calls_begin((struct task_of_a_call){NULL, 0, 10, FAR, NULL, NULL});
    for (int i = 0; i < TIMES; i++) {
        next_call();
        hears_a_greater_number("Each call has a greater number than the one "
                               "before, also one right after the other, in "
                               "big-endian");
        answers(&w, "y", 1);
        struct result r = returned("it was answered");
        is_reply(&r, "y", 1);
    }
    not_since_the_machine_started();
    caller_ends();
    close_ends();
}

/* Some processes that share the socket, and call when it is their turn. */
enum { CALLERS = 5 };
static int turn[CALLERS][2], done[2];

static void calls_as_told(unsigned char which)
{
    char rep[10];

    struct result r = {.rc = rpc_call(client, &which, 1, rep, 10, FAR)};

    r.error = errno;
    ISLAND_CHECK(write(done[1], &r, sizeof(r)) == sizeof(r),
                 "the test itself says so");
}

static _Noreturn void takes_turns(int i)
{
    unsigned char which;

    while (read(turn[i][0], &which, 1) == 1)
        calls_as_told(which);
    _exit(0);
}

/* The first calls, and then makes the others, who inherit what it knows. */
static pid_t a_family_of_callers(void)
{
    unsigned char which;
    pid_t pid = fact_fork();

    if (pid != 0)
        return pid;
    close(server);
    for (int i = 0; i < CALLERS; i++)
        close(turn[i][1]);
    if (read(turn[0][0], &which, 1) == 1)
        calls_as_told(which);
    for (int i = 1; i < CALLERS; i++)
        if (fact_fork() == 0)
            takes_turns(i);
    takes_turns(0);
}

static void a_turn(int i)
{
    caller.go = turn[i][1];
    next_call();
    hears_a_greater_number(
        "Parent and children call through the same socket, one after the "
        "other, and a counter in memory was copied by fork: each has its own. "
        "All of them see the same clock");
    answers(&w, "y", 1);
    struct result r = returned("it was answered");
    errno = r.error;
    CHECK_EQ(r.rc, 1, "the call was answered");
}

static void numbers_grow_in_every_process(void **state)
{
    (void)state;
    static const int order[] = {0, 0, 3, 1, 4, 2, 0, 1, 2, 3, 4, 4, 0, 3, 1};

    numbers_begin();
    CHECK_OK(pipe2(done, O_CLOEXEC), "the test itself makes a pipe");
    for (int i = 0; i < CALLERS; i++)
        CHECK_OK(pipe2(turn[i], O_CLOEXEC), "the test itself makes a pipe");
    caller.done = done[0];
    pid_t pid = a_family_of_callers();
    for (int i = 0; i < 15; i++)
        a_turn(order[i]);
    for (int i = 0; i < CALLERS; i++) {
        close(turn[i][0]);
        close(turn[i][1]);
    }
    waitpid(pid, NULL, 0);
    close(done[0]);
    close(done[1]);
    close_ends();
}

/* A program that calls once through the socket it finds open, tells through
 * another one what came of it, and ends. */
static int caller_main(int argc, char **argv)
{
    unsigned char which;
    char rep[10];

    if (argc < 4)
        return 1;
    page_open();
    which = (unsigned char)atoi(argv[3]);
    errno = 0;
    struct result r = {.rc = rpc_call(atoi(argv[1]), &which, 1, rep, 10, FAR)};
    r.error = errno;
    return write(atoi(argv[2]), &r, sizeof(r)) != sizeof(r);
}

static pid_t started_again(int tell)
{
    char argument[3][16];
    pid_t pid;

    caller.turn++;
    if ((pid = fact_fork()) != 0)
        return pid;
    fcntl(client, F_SETFD, 0);
    fcntl(tell, F_SETFD, 0);
    snprintf(argument[0], 16, "%d", client);
    snprintf(argument[1], 16, "%d", tell);
    snprintf(argument[2], 16, "%d", caller.turn);
    execlp("caller", "caller", argument[0], argument[1], argument[2],
           (char *)NULL);
    _exit(127);
}

static void numbers_grow_over_a_restart(void **state)
{
    (void)state;
    int ends[2];

    numbers_begin();
    CHECK_OK(pipe2(ends, O_CLOEXEC), "the test itself makes a pipe");
    caller.done = ends[0];
    for (int start = 0; start < 8; start++) {
        pid_t pid = started_again(ends[1]);
        hears_a_greater_number(
            "The client is started again, with the same address, and the "
            "server still remembers its numbers: what begins at 1 again, or "
            "at random, is dropped");
        answers(&w, "y", 1);
        struct result r = returned("it was answered");
        errno = r.error;
        CHECK_EQ(r.rc, 1, "the call was answered");
        waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    close(ends[1]);
    close_ends();
}

#endif
