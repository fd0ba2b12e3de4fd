/*
 * signal_flags_test.c — what calls over datagrams promise.
 *
 * Where rpc_call is on test, a process of its own calls, and the test is the
 * server, by hand: it hears every datagram and decides what to answer. Where
 * rpc_serve_one is on test, the test is the clients. In the end both are put
 * together, with a rough sea between them (relay.h).
 *
 * Clocks are only asked whether something came too early; whether it came too
 * late, many times in a row, and without the time the process had to wait for
 * a processor.
 */
#include "signal_flags_client.h"
#include "signal_flags_sea.h"
#include "signal_flags_server.h"

/* ---- faults of every kind ------------------------------------------------ */

static void a_call_answered_at_once_and_one_later(void)
{
    struct task_of_a_call t = {message(3), 30, 100, FAR, NULL, NULL};

    seen = fact_shared(sizeof(*seen));
    open_ends(AF_INET);
    pid_t pid = server_that_answers_the_second();
    for (int i = 0; i < 2; i++) {
        struct result r = call_here(t);
        errno = r.error;
        CHECK_EQ(r.rc, 5,
                 "the call was answered: a signal does not end it (EINTR), and "
                 "neither does anything else here");
        CHECK_MEM(r.rep, 5, "right", 5, "this is its reply");
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    munmap(seen, sizeof(*seen));
    close_ends();
}

static void calls_survive_every_interruption(void **state)
{
    (void)state;
    sea_handler();
    sea_every(a_call_answered_at_once_and_one_later, SEA_EINTR | SEA_SHORT);
    sea_raise_every(a_call_answered_at_once_and_one_later, SIGUSR1);
}

static void a_call_that_may_fail(void)
{
    struct task_of_a_call t = {message(3), 30, 100, 45, NULL, NULL};

    seen = fact_shared(sizeof(*seen));
    open_ends(AF_INET);
    pid_t pid = server_that_answers_the_second();
    struct result r = call_here(t);
    errno = r.error;
    if (r.rc == -1)
        CHECK(r.error == ETIMEDOUT || (sea_hit() && r.error == sea_error()),
              "no reply within its time is ETIMEDOUT");
    else
        CHECK_MEM(r.rep, (size_t)r.rc, "right", 5, "this is its reply");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    munmap(seen, sizeof(*seen));
    close_ends();
}

static void a_call_that_fails_leaves_nothing(void **state)
{
    (void)state;
    sea_every(a_call_that_may_fail, SEA_ERRORS);
}

/* Something that the server needed could not be had, and it says so. A
 * reply that cannot be sent (ENOBUFS) is none of these, nor is a signal. */
static bool was_in_need(int rc)
{
    int error = errno;

    return rc == -1 && sea_hit() && error == sea_error() && error != EINTR &&
           error != ENOBUFS;
}

static bool serves_in_need(uint64_t number)
{
    int rc = serve();

    if (was_in_need(rc))
        return false;
    CHECK_EQ(rc, 1,
             "a call came, and was executed: a signal does not end the wait, "
             "and a reply that cannot be sent is a loss like any other");
    CHECK_EQ(job.executed, (int)number, "it was executed once");
    says(late_client, number, message(2), 20);
    rc = serve();
    if (was_in_need(rc))
        return false;
    CHECK_EQ(rc, 0, "the same call came again");
    CHECK_EQ(job.executed, (int)number, "it was executed once");
    return true;
}

static void two_calls_and_a_repetition(void)
{
    server_begins(AF_INET);
    late_client = socket_at(anywhere(AF_INET));
    for (uint64_t number = 1; number <= 2; number++) {
        says(late_client, number, message(2), 20);
        if (!serves_in_need(number))
            break;
    }
    while (take(late_client, &w)) {
        CHECK(w.number <= 2 && w.said == 10 && w.n == HEAD + 10,
              "whatever is sent is a whole reply");
        CHECK_MEM(text_of(&w), 10, message((int)w.number), 10,
                  "the reply is what the handler wrote for this call");
    }
    close(late_client);
    close(server);
}

static void the_server_survives_every_fault(void **state)
{
    (void)state;
    sea_handler();
    sea_every(two_calls_and_a_repetition, SEA_ERRORS | SEA_EINTR | SEA_SHORT);
    sea_raise_every(two_calls_and_a_repetition, SIGUSR1);
}

static const struct CMUnitTest facts[] = {
    FACT(a_call_looks_as_agreed),
    FACT(a_call_brings_back_its_reply),
    FACT(carries_messages_of_every_size),
    FACT(comes_back_as_soon_as_the_reply_is_there),
    FACT(calls_again_until_there_is_a_reply),
    FACT(waits_longer_each_time_but_not_too_long),
    FACT(a_late_reply_is_not_the_next_calls),
    FACT(only_the_number_of_this_call_counts),
    FACT(drops_what_is_no_reply),
    FACT(its_own_call_is_no_reply),
    FACT(a_stranger_does_not_count),
    FACT(nor_one_that_was_there_before),
    FACT(gives_up_at_its_deadline),
    FACT(no_time_means_one_look),
    FACT(does_not_oversleep),
    FACT(signals_do_not_move_the_deadline),
    FACT(signals_do_not_put_off_the_repetition),
    FACT(garbage_does_not_put_off_the_repetition),
    FACT(garbage_does_not_move_the_deadline),
    FACT(the_wall_clock_may_jump),
    FACT(a_socket_may_be_non_blocking),
    FACT(nobody_may_listen_at_present),
    FACT(a_local_server_may_be_gone),
    FACT(says_what_send_and_recv_say),
    FACT(refuses_what_is_too_long),
    FACT(a_reply_may_be_longer_than_the_room),
    FACT(numbers_grow),
    FACT(numbers_grow_in_every_process),
    FACT(numbers_grow_over_a_restart),
    FACT(calls_survive_every_interruption),
    FACT(a_call_that_fails_leaves_nothing),
    FACT(executes_a_call_and_replies),
    FACT(serves_messages_of_every_size),
    FACT(a_repeated_call_is_not_executed_again),
    FACT(an_older_call_is_dropped),
    FACT(all_64_bits_of_a_number_count),
    FACT(clients_have_numbers_of_their_own),
    FACT(the_same_port_elsewhere_is_another_client),
    FACT(a_longer_name_is_another_client),
    FACT(nobody_is_forgotten),
    FACT(drops_what_is_no_call),
    FACT(a_reply_is_no_call),
    FACT(treats_one_datagram_at_a_time),
    FACT(a_handler_may_say_nothing),
    FACT(an_empty_reply_is_a_reply),
    FACT(a_reply_may_be_lost_at_once),
    FACT(all_memory_is_in_memory),
    FACT(the_server_waits_asleep),
    FACT(signals_do_not_wake_the_server),
    FACT(a_server_may_be_non_blocking),
    FACT(the_server_says_what_recv_says),
    FACT(the_server_survives_every_fault),
    FACT(a_thousand_calls_at_most_once),
    FACT(ten_thousand_calls_at_most_once),
    FACT(a_damaged_datagram_is_a_lost_one),
    FACT(calls_reach_another_machine),
    FACT(serves_python),
    FACT(calls_python),
};
static const struct program programs[] = {{"caller", caller_main}, {0}};
EXERCISE_WITH("4_sockets/signal_flags",
              "udp(7), recvmsg(2), connect(2), poll(2), clock_gettime(2)",
              facts, programs)
