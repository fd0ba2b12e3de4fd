/*
 * harbour_test.c — what the harbour promises.
 *
 * How the pilot, its crews and their requests are made: harbour_facts.h.
 */
#include "harbour_facts.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

static const int families[] = {AF_UNIX, AF_INET};
#define FOR_BOTH_FAMILIES(i) for (int i = 0; i < 2; i++)

#define NOT_ANSWERED                                                           \
    "a client has sent a whole request and waits for the reply, and the "      \
    "server sleeps: "

/* ---- requests and replies ----------------------------------------------- */

static void ask_a_few_times(void)
{
    int fd = dock();

    talk(fd, 1, 20, 30);
    talk(fd, 2, 2000, 100);
    talk(fd, 3, HEAD, 60000);
    close(fd);
}

static void answers_requests(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK(NOT_ANSWERED "does epoll watch the listener, and each "
                              "connection that accept gave?");
        crew(ask_a_few_times);
        quiet_begin();
        serve();
        quiet_end();
        CHECK_EQ(shared->calls, 3, "one call of the handler for a request");
    }
}

static void ask_from_the_shortest_to_the_longest(void)
{
    static const size_t len[] = {0, 1, 3, 4, 7, HEAD, MOST - 1, MOST};
    int fd = dock();

    for (int i = 0; i < 8; i++)
        talk(fd, i, len[i], 0);
    for (int i = 0; i < 8; i++)
        talk(fd, i, 100, len[i]);
    talk(fd, 9, MOST, MOST);
    close(fd);
}

static void requests_and_replies_may_be_empty_or_of_full_length(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK(NOT_ANSWERED "an empty request is one, and one of "
                              "max_request bytes, too");
        crew(ask_from_the_shortest_to_the_longest);
        serve();
        CHECK_EQ(shared->calls, 17, "one call of the handler for a request");
    }
}

static void ask_long_things(void)
{
    int fd = dock();

    for (int i = 0; i < 4; i++)
        talk(fd, i, LONGEST - i, LONGEST - 3 * i);
    close(fd);
}

static void long_frames_go_in_many_parts(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.max_request = how.max_reply = LONGEST;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("a long frame passes in many parts, and nobody moves: one "
                 "send takes what fits, and one recv brings what is there; "
                 "who remembers the rest?");
        crew(ask_long_things);
        serve_as(&how);
    }
}

enum { PIPELINED = 1000 };

static void ask_all_at_once(void)
{
    static unsigned char all[PIPELINED * 100];
    int fd = dock();
    size_t n = 0;

    for (int i = 0; i < PIPELINED; i++)
        n += frame(all + n, ECHO, i, (size_t)i % 80,
                   (size_t)i % 80 >= HEAD ? (size_t)i % 50 : 0);
    put(fd, all, n);
    for (int i = 0; i < PIPELINED; i++)
        hear(fd, i, (size_t)i % 80 >= HEAD ? (size_t)i % 50 : 0);
    close(fd);
}

static void many_requests_in_one_piece_are_answered_in_order(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK(NOT_ANSWERED "many requests came with one read: handle all "
                              "that are whole, epoll does not know of bytes "
                              "that were read already");
        crew(ask_all_at_once);
        serve();
        CHECK_EQ(shared->calls, PIPELINED, "each request is handled once");
    }
}

/* Two requests, cut at each place; the piece is read before the next. */
static void ask_in_two_pieces(void)
{
    unsigned char two[100];
    size_t first = frame(two, ECHO, 1, 15, 12);
    size_t n = first + frame(two + first, ECHO, 2, 9, 3);

    for (size_t cut = 1; cut < n; cut++) {
        int fd = dock();
        put(fd, two, cut);
        until_taken(fd);
        put(fd, two + cut, n - cut);
        hear(fd, 1, 12);
        hear(fd, 2, 3);
        close(fd);
    }
}

static void ask_byte_by_byte(void)
{
    unsigned char two[100];
    size_t first = frame(two, ECHO, 1, 15, 12);
    size_t n = first + frame(two + first, ECHO, 2, 0, 0);
    int fd = dock();

    for (size_t i = 0; i < n; i++) {
        put(fd, two + i, 1);
        until_taken(fd);
    }
    hear(fd, 1, 12);
    hear(fd, 2, 0);
    close(fd);
}

static void a_request_may_come_in_any_pieces(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK(NOT_ANSWERED "it came in two pieces. What was read of it has "
                              "to be kept with its connection until the rest "
                              "is there, also when it is half a length");
        crew(ask_in_two_pieces);
        crew(ask_byte_by_byte);
        serve();
    }
}

static void ask_in_halves(void)
{
    unsigned char bytes[3][3000];
    size_t n[3];
    int fd[3];

    for (int i = 0; i < 3; i++) {
        fd[i] = dock();
        n[i] = frame(bytes[i], ECHO, i, 900 + 500 * (size_t)i, 100);
    }
    for (int half = 0; half < 2; half++)
        for (int i = 0; i < 3; i++) {
            put(fd[i], bytes[i] + half * (n[i] / 2),
                half == 0 ? n[i] / 2 : n[i] - n[i] / 2);
            until_taken(fd[i]);
        }
    for (int i = 0; i < 3; i++)
        hear(fd[i], i, 100);
}

static void halves_of_different_clients_are_not_mixed(void **state)
{
    (void)state;
    open_harbour(AF_UNIX);
    IF_STUCK(NOT_ANSWERED "three clients have sent their requests in halves, "
                          "in turn: each connection needs a place of its own "
                          "for what is not whole");
    crew(ask_in_halves);
    serve();
}

/* ---- nobody waits for another one --------------------------------------- */

static void others_are_served(void)
{
    for (int i = 0; i < 3; i++) {
        int fd = dock();
        talk(fd, i, 100, 5000);
        close(fd);
    }
}

static void ask_many_times(int fd, int times, size_t reply)
{
    static unsigned char all[500 * (4 + HEAD)];
    size_t n = 0;

    for (int i = 0; i < times; i++)
        n += frame(all + n, ECHO, i, HEAD, reply);
    put(fd, all, n);
}

static void ask_and_do_not_read(void)
{
    int fd = dock();

    ask_many_times(fd, 200, 30000);
    until_taken(fd);
    others_are_served();
    for (int i = 0; i < 200; i++)
        hear(fd, i, 30000);
    talk(fd, 201, 50, 50);
    close(fd);
}

static void who_does_not_read_holds_up_nobody(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("one client has asked for much and does not read yet, and "
                 "the others wait: or it reads now, and nothing more comes. "
                 "send must not sleep; what it does not take waits for "
                 "EPOLLOUT, and when it has gone the client is read from "
                 "again, first of all the requests that were read already");
        crew(ask_and_do_not_read);
        serve();
    }
}

static void send_halves_and_let_others_go_first(void)
{
    unsigned char bytes[200];
    size_t n = frame(bytes, ECHO, 7, 100, 50);
    int fd[4];

    for (int i = 0; i < 4; i++) {
        fd[i] = dock();
        put(fd[i], bytes, (size_t[]){0, 2, 4, 60}[i]);
        until_taken(fd[i]);
    }
    others_are_served();
    for (int i = 0; i < 4; i++) {
        size_t had = (size_t[]){0, 2, 4, 60}[i];
        put(fd[i], bytes + had, n - had);
        hear(fd[i], 7, 50);
    }
}

static void half_a_request_holds_up_nobody(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("clients have sent half a request, or nothing, and the "
                 "others wait: read what is there and come back later, never "
                 "wait for the rest of one request");
        crew(send_halves_and_let_others_go_first);
        serve();
    }
}

/* One client's next request is there before the last one is handled. Both
 * are this process's own: so nothing depends on who is quick. */
static struct {
    int busy, quiet, fed;
} two;
enum { ENOUGH = 20000 };

static void keep_sending(enum what what, int number)
{
    unsigned char bytes[100];
    static char waste[MOST];

    (void)what;
    if (number == 2) {
        two.fed = -two.fed;
        stop_the_server();
    } else if (two.fed >= 0) {
        while (recv(two.busy, waste, sizeof(waste), MSG_DONTWAIT) > 0)
            ;
        put(two.busy, bytes, frame(bytes, ECHO, 1, 20, 20));
        if (two.fed++ == 10)
            put(two.quiet, bytes, frame(bytes, ECHO, 2, 20, 20));
        if (two.fed == ENOUGH)
            complain("one client never stops sending, and another one's "
                     "request was not handled although %d of the first one's "
                     "were: read from one client only so much in a round, "
                     "then it is the others' turn",
                     ENOUGH);
        if (two.fed == ENOUGH)
            two.fed = -two.fed;
    }
}

static void who_never_stops_sending_holds_up_nobody(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.grace_ms = 150;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        meanwhile = keep_sending;
        two.fed = 0;
        two.busy = try_to_dock();
        two.quiet = try_to_dock();
        ask(two.busy, 1, 20, 20);
        ask(two.busy, 1, 20, 20);
        IF_STUCK(NOT_ANSWERED "it came while the handler was running");
        serve_as(&how);
        close(two.busy);
        close(two.quiet);
    }
}

static void ask_much_before_reading(void)
{
    enum { TIMES = 60 };
    int fd = dock();

    for (int i = 0; i < TIMES; i++)
        ask(fd, i, 50000, 50000);
    for (int i = 0; i < TIMES; i++)
        hear(fd, i, 50000);
    close(fd);
}

static void requests_are_read_while_replies_wait(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.max_pending = 4 << 20;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("a client sends 3 MB of requests before it reads the first "
                 "reply, and max_pending is more: up to there it is read "
                 "from, or both wait for each other");
        crew(ask_much_before_reading);
        serve_as(&how);
    }
}

/* ---- who says little, and who says nothing right ------------------------ */

static void ask_and_shut_down_after(int requests)
{
    int fd = dock();

    for (int i = 0; i < requests; i++)
        ask(fd, i, 100, 40000);
    put(fd, "\0\0", 2); /* and half a length */
    shutdown(fd, SHUT_WR);
    until_taken(fd);
    others_are_served();
    for (int i = 0; i < requests; i++)
        hear(fd, i, 40000);
    hear_the_end(fd, "after its last reply, a client that has shut down its "
                     "sending side waits for the end of the connection: close "
                     "it");
    close(fd);
}

/* No more than the kernel holds; more; more than max_pending, too. */
static void ask_and_shut_down(void)
{
    ask_and_shut_down_after(1);
    ask_and_shut_down_after(9);
    ask_and_shut_down_after(20);
}

static void who_shuts_down_still_gets_its_replies(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("a client has shut down its sending side: it still gets all "
                 "replies, and then the server ends the connection");
        crew(ask_and_shut_down);
        serve();
    }
}

static const int32_t bad[] = {MOST + 1, INT32_MAX, -1, INT32_MIN, -5};

static void send_bad_lengths(void)
{
    for (int i = 0; i < 5; i++) {
        uint32_t length = htonl((uint32_t)bad[i]);
        int fd = dock();
        for (int k = 0; k < 20; k++)
            ask(fd, k, 100, 40000);
        put(fd, &length, 4);
        until_taken(fd);
        others_are_served();
        for (int k = 0; k < 20; k++)
            hear(fd, k, 40000);
        hear_the_end(fd, "a length that is negative or more than max_request "
                         "ends the connection, after the earlier replies");
        close(fd);
    }
}

static void a_bad_length_ends_the_connection_after_earlier_replies(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("a client has sent some requests and then a length that is "
                 "negative, or more than max_request: its earlier requests "
                 "are answered, then the connection ends");
        crew(send_bad_lengths);
        serve();
        CHECK_EQ(shared->calls, 5 * 20 + 15,
                 "nothing is handled of a frame whose length is bad");
    }
}

static void be_cut_off(void)
{
    unsigned char three[400];
    size_t n = 0;
    int fd = dock();

    n += frame(three, ECHO, 1, 50, 60);
    n += frame(three + n, END, 2, 50, 60);
    n += frame(three + n, ECHO, 3, 50, 60);
    put(fd, three, n);
    hear(fd, 1, 60);
    hear_the_end(fd, "the handler has returned -1: this client is cut off, "
                     "after the replies to its earlier requests");
    others_are_served();
}

static void the_handler_may_cut_a_client_off(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("the handler has returned -1 for a client's second request: "
                 "it gets the reply to the first one, and then the end");
        crew(be_cut_off);
        serve();
        CHECK_EQ(shared->calls, 2 + 3,
                 "after a request for which the handler returned -1, nothing "
                 "of this client is handled any more");
    }
}

/* ---- who dies ----------------------------------------------------------- */

static void die_at_once(int fd)
{
    struct linger none = {.l_onoff = 1};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof(none));
    close(fd);
}

static void die_in_many_ways(void)
{
    for (int i = 0; i < 40; i++) {
        int fd = dock();
        if (i % 4 > 0)
            for (int k = 0; k < 10; k++)
                ask(fd, k, 100, i % 4 == 1 ? 10 : 50000);
        if (i % 4 == 3)
            until_taken(fd);
        if (i % 8 < 4)
            put(fd, "\0\0\0", 3);
        die_at_once(fd);
    }
    others_are_served();
}

static void a_clients_death_hurts_nobody(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK(NOT_ANSWERED "other clients have died");
        crew(die_in_many_ways);
        crew(ask_a_few_times);
        serve();
    }
}

/* In the first call all others go, and new ones come: their numbers are used
 * again while events of the old ones are at hand. */
enum { BOATS = 12 };
static int boat[BOATS], round_of_boats;

static void dock_all(int number)
{
    for (int i = 0; i < BOATS; i++) {
        boat[i] = try_to_dock();
        if (boat[i] != -1)
            ask(boat[i], number, 20, 20);
    }
}

static void change_all(enum what what, int number)
{
    static int answered;

    (void)what;
    if (number == 1 && round_of_boats == 0) {
        round_of_boats = 1;
        answered = 0;
        for (int i = 1; i < BOATS; i++)
            close(boat[i]);
        int first = boat[0];
        dock_all(2);
        close(first);
    }
    if (number == 2 && ++answered == BOATS)
        stop_the_server();
}

static void check_boats_answered(void)
{
    unsigned char bytes[24];

    for (int i = 0; i < BOATS; i++) {
        ssize_t n = recv(boat[i], bytes, 24, MSG_DONTWAIT);
        CHECK(n == 24 && same_until(bytes + 4, 20, 2) == 20,
              "clients had left and others had come, in one round, and one of "
              "the new ones has no reply: the kernel gives a descriptor's "
              "number again at once; nothing of the old client may be left "
              "under it");
        close(boat[i]);
    }
}

static void descriptors_are_used_again_in_the_same_round(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.grace_ms = 150;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        meanwhile = change_all;
        round_of_boats = 0;
        dock_all(1);
        IF_STUCK("in the first call of the handler all clients have left and "
                 "others have come, with requests: some of these are not "
                 "answered. Was their event, or their place, taken for that "
                 "of a client that had the same descriptor before?");
        serve_as(&how);
        check_boats_answered();
    }
}

/* Everybody has been silent for too long, and has just sent a request: both
 * is seen in the same round. */
static void oversleep(enum what what, int number)
{
    (void)what;
    if (number == 4 && ++round_of_boats == BOATS)
        ask(boat[0], 1, 20, 20);
    if (number == 1) {
        nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
        for (int i = 1; i < BOATS; i++)
            ask(boat[i], 3, 20, 20);
        gate_open(shared->held);
    }
}

/* Slow as this machine may be, one of many tries is quick enough. */
static void come_when_the_time_is_over(void)
{
    unsigned char bytes[100];
    size_t n = frame(bytes, ECHO, 9, 20, 20), got = 0;

    gate_wait(shared->held);
    for (int i = 0; i < 100 && got != 24; i++) {
        int fd = dock();
        if (send(fd, bytes, n, MSG_NOSIGNAL) == (ssize_t)n)
            got = get(fd, bytes, 24);
        close(fd);
    }
    EXPECT(got == 24, "idle clients were cut off while their next request "
                      "came, and after that nobody is answered any more");
}

static void a_time_out_and_a_request_may_meet(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.idle_ms = 60;
    how.grace_ms = 150;
    open_harbour(AF_UNIX);
    meanwhile = oversleep;
    round_of_boats = 0;
    dock_all(4);
    crew(come_when_the_time_is_over);
    IF_STUCK(NOT_ANSWERED "before, others were idle for too long, and sent "
                          "something in the same moment");
    serve_as(&how);
    for (int i = 0; i < BOATS; i++)
        close(boat[i]);
}

/* ---- how it waits ------------------------------------------------------- */

#define SLEEP "sleep in epoll_wait, without a time-out, "

static void close_boats_and_stop(void *n)
{
    for (int i = 0; i < *(int *)n; i++)
        close(boat[i]);
    stop_the_server();
}

static void watch(const struct harbour *how, int boats, const char *advice)
{
    watch_begin(close_boats_and_stop, &boats);
    serve_as(how);
    watch_end(advice);
}

static void send_part_of_a_request(int i)
{
    unsigned char bytes[200];
    size_t n = frame(bytes, ECHO, 1, 100, 0);

    put(boat[i], bytes, (size_t[]){0, 3, 4, 50, n}[i % 5]);
}

static void idle_clients_cost_no_time(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        for (int k = 0; k < BOATS; k++) {
            boat[k] = try_to_dock();
            send_part_of_a_request(k);
        }
        IF_STUCK("stop_fd is ready, and harbour_serve does not return");
        watch(&usual, BOATS,
              SLEEP "until somebody has something for the server. It can "
                    "always be written to an idle client: ask for EPOLLOUT "
                    "only while something waits for it");
    }
}

static void an_empty_harbour_costs_no_time(void **state)
{
    (void)state;
    open_harbour(AF_UNIX);
    IF_STUCK("stop_fd is ready, and harbour_serve does not return");
    watch(&usual, 0, SLEEP "until somebody comes");
}

/* Half of them have shut down: at the end of the stream, EPOLLIN stays. */
static void who_does_not_read_costs_no_time(void **state)
{
    (void)state;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        for (int k = 0; k < 4; k++) {
            boat[k] = try_to_dock();
            setsockopt(boat[k], SOL_SOCKET, SO_RCVBUF, &(int){4096},
                       sizeof(int));
            ask_many_times(boat[k], 300, k < 2 ? 50000 : 1500);
            if (k % 2)
                shutdown(boat[k], SHUT_WR);
        }
        IF_STUCK("stop_fd is ready, and harbour_serve does not return");
        watch(&usual, 4,
              SLEEP "while clients do not read their replies. Who is not read "
                    "from, because it is behind or its stream has ended, must "
                    "not be asked for with EPOLLIN, nor with EPOLLRDHUP: "
                    "epoll would report it without end");
    }
}

/* ---- how many may come -------------------------------------------------- */

static struct {
    int answered_first, answered, cut;
} queue;

static int reply_from(int i)
{
    char bytes[24];
    ssize_t n = -1;

    if (boat[i] == -1 ||
        ((n = recv(boat[i], bytes, 24, MSG_DONTWAIT)) == -1 && errno == EAGAIN))
        return 0;
    close(boat[i]);
    boat[i] = -1;
    queue.cut += n != 24;
    return n == 24;
}

/* Who has a reply leaves; then the next ones can come in. */
static void leave_one_after_another(void *unused)
{
    (void)unused;
    int there;

    for (int i = 0; i < BOATS; i++) /* and nobody leaves meanwhile */
        queue.answered_first += ioctl(boat[i], FIONREAD, &there) == 0 && there;
    for (long end = now_ms() + 10000; now_ms() < end; moment()) {
        for (int i = 0; i < BOATS; i++)
            queue.answered += reply_from(i);
        if (queue.answered + queue.cut == BOATS || queue.answered_first == 0)
            break;
    }
    stop_the_server();
}

static void queue_up(void)
{
    memset(&queue, 0, sizeof(queue));
    open_harbour(AF_UNIX);
    dock_all(2);
}

static void leave_the_queue(void)
{
    for (int i = 0; i < BOATS; i++)
        if (boat[i] != -1)
            close(boat[i]);
}

static void further_clients_wait_until_one_leaves(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.max_connections = 3;
    queue_up();
    STEP("max_connections is 3, and 12 clients are there");
    IF_STUCK("stop_fd is ready, and harbour_serve does not return");
    watch_begin(leave_one_after_another, NULL);
    serve_as(&how);
    watch_end(SLEEP "while max_connections are there and others wait in the "
                    "backlog: a listener that nobody is accepted from must "
                    "not be watched, or epoll reports it without end");
    leave_the_queue();
    CHECK_EQ(queue.cut, 0,
             "clients for whom there is no room wait in the listener's "
             "backlog: do not accept them to close them again");
    CHECK_EQ(queue.answered_first, 3,
             "max_connections is 3: so many are let in and served, the others "
             "wait in the listener's backlog");
    CHECK_EQ(queue.answered, BOATS,
             "when a client leaves, the next one is let in: watch the "
             "listener again");
}

static int lowest_free(void)
{
    int fd = dup(port.stop[0]);

    close(fd);
    return fd;
}

/* Some of them are for the server's own use. */
enum { LEFT = 9 };

static void without_descriptors_further_clients_wait(void **state)
{
    (void)state;
    struct rlimit many, few;

    queue_up();
    getrlimit(RLIMIT_NOFILE, &many);
    few = many;
    STEP("12 clients wait, and this process can open %d more descriptors",
         LEFT);
    IF_STUCK("stop_fd is ready, and harbour_serve does not return");
    watch_begin(leave_one_after_another, NULL);
    few.rlim_cur = (rlim_t)lowest_free() + LEFT;
    setrlimit(RLIMIT_NOFILE, &few);
    int rc = serve_with(&usual), error = errno;
    setrlimit(RLIMIT_NOFILE, &many);
    errno = error;
    CHECK_OK(rc, "accept says EMFILE when no descriptor is left: that is no "
                 "reason to end, further clients wait until one leaves");
    watch_end(SLEEP "when accept says EMFILE: whoever waits in the backlog "
                    "stays there, and epoll reports the listener without "
                    "end. Do not watch it until a connection was closed");
    leave_the_queue();
    fetch_crews_home();
    close(port.stop[0]);
    close(port.stop[1]);
    CHECK_EQ(queue.cut, 0,
             "clients for whom there is no room wait in the listener's "
             "backlog: do not accept them to close them again");
    CHECK(queue.answered_first > 0,
          "there were descriptors for some clients: they are served");
    CHECK_EQ(queue.answered, BOATS,
             "when a client leaves, its descriptor is free, and the next one "
             "is let in: watch the listener again");
}

/* ---- thousands ---------------------------------------------------------- */

enum { THOUSANDS = 2000, KINDS = 8 };

static int crowd[THOUSANDS], in_crowd;

static void behave(int fd, int i)
{
    unsigned char bytes[4 + 40];
    uint32_t bad_length = htonl(0x80000000u + (uint32_t)i);

    frame(bytes, ECHO, i, 40, 50);
    switch (i % KINDS) {
    case 1: /* never reads */
        for (int k = 0; k < 8; k++)
            ask(fd, i, 20, 60000);
        break;
    case 2: /* writes slowly */
        put(fd, bytes, 1 + (size_t)i % 40);
        break;
    case 3:
        ask(fd, i, 100, 200);
        shutdown(fd, SHUT_WR);
        break;
    case 4:
        put(fd, &bad_length, 4);
        break;
    case 5: /* leaves */
        ask(fd, i, 100, 200);
        close(fd);
        crowd[i] = -1;
        break;
    default:
        ask(fd, i, 40, 50);
    }
}

static void come_in_thousands(void)
{
    unsigned char bytes[4 + 40];

    for (int i = 0; i < in_crowd; i++)
        crowd[i] = dock();
    for (int i = 0; i < in_crowd; i++)
        behave(crowd[i], i);
    for (int i = 0; i < in_crowd; i++)
        if (i % KINDS == 0 || i % KINDS > 5) {
            hear(crowd[i], i, 50);
            talk(crowd[i], i + 1, 40, 50);
        }
    for (int i = 0; i < in_crowd; i++)
        if (i % KINDS == 2) {
            size_t had = 1 + (size_t)i % 40;
            size_t n = frame(bytes, ECHO, i, 40, 50);
            put(crowd[i], bytes + had, n - had);
            hear(crowd[i], i, 50);
        } else if (i % KINDS == 3) {
            hear(crowd[i], i, 200);
            hear_the_end(crowd[i], "after the last reply, to a client that "
                                   "has shut down");
        }
}

static void thousands_come_at_once(void **state)
{
    (void)state;
    struct harbour how = usual;

    in_crowd = descriptors(THOUSANDS + 100) - 100;
    how.max_connections = in_crowd;
    STEP("%d clients are connected at once: slow ones, dead ones, liars",
         in_crowd);
    open_harbour(AF_UNIX);
    IF_STUCK(NOT_ANSWERED "thousands are connected at once, and most of them "
                          "do not behave");
    crew(come_in_thousands);
    serve_as(&how);
}

/* ---- memory ------------------------------------------------------------- */

enum { IDLERS = 1000 };

static struct {
    long alone, together;
    long allowed_each, allowed;
} weight;

static long weigh(int fd)
{
    ask_for(fd, WEIGH, 0, HEAD, 0);
    hear(fd, 0, 0);
    return shared->memory;
}

static void be_busy_then_idle(void)
{
    crowd[0] = dock();
    long alone = weigh(crowd[0]), together = 0;

    for (int i = 1; i < in_crowd; i++)
        crowd[i] = dock();
    for (int i = 1; i < in_crowd; i++)
        talk(crowd[i], i, 5000, 5000);
    for (int i = 1; i < in_crowd; i += 5) {
        ask(crowd[i], i, MOST, 16 * KIB);
        ask(crowd[i], i, 100, 16 * KIB);
    }
    for (int i = 1; i < in_crowd; i += 5) {
        hear(crowd[i], i, 16 * KIB);
        hear(crowd[i], i, 16 * KIB);
    }
    for (int i = 0; i < 300; i++, moment()) {
        together = weigh(crowd[0]);
        if (together - alone <= weight.allowed_each &&
            together <= weight.allowed)
            return;
    }
    EXPECT(together - alone <= weight.allowed_each,
           "%d clients have been busy and say nothing for a while: they cost "
           "%ld bytes each, and may cost HARBOUR_IDLE_BYTES = %d. What is "
           "read or waits to be sent needs a buffer, silence does not: give "
           "it back, or let all share one",
           in_crowd, (together - alone) / in_crowd, HARBOUR_IDLE_BYTES);
    EXPECT(together <= weight.allowed,
           "%d clients say nothing, and the server has taken %ld bytes, %ld "
           "of them when there was but one client: room that is taken for "
           "max_connections counts, too",
           in_crowd, together, alone);
}

static void silence_costs_little_memory(void **state)
{
    (void)state;
    struct harbour how = usual;

    in_crowd = descriptors(IDLERS + 100) - 100;
    in_crowd = in_crowd < IDLERS ? in_crowd : IDLERS;
    how.max_reply = 16 * KIB;
    how.max_connections = in_crowd;
    weight.allowed_each = (long)in_crowd * HARBOUR_IDLE_BYTES + 64 * KIB;
    weight.allowed = weight.allowed_each + KIB * KIB +
                     4 * (long)(how.max_request + how.max_reply);
    open_harbour(AF_UNIX);
    IF_STUCK(NOT_ANSWERED "many have sent long requests");
    crew(be_busy_then_idle);
    serve_as(&how);
}

enum { PUSHED = 1500, BIG = 16 * KIB };

/* What was made for it and is not in its socket, the server holds. */
static void check_what_is_held(int fd)
{
    int arrived = 0;

    until_server_sleeps();
    ioctl(fd, FIONREAD, &arrived);
    long held = shared->made - arrived;
    EXPECT(held <= (long)usual.max_pending + 4 + BIG,
           "a client does not read, and %ld bytes of replies wait for it in "
           "the server, where max_pending is %zu: once more than that wait, "
           "do not read from it, and handle no request of it, not even one "
           "that was read already",
           held, usual.max_pending);
}

static void push_and_do_not_read(void)
{
    static unsigned char all[PUSHED * (4 + HEAD)];
    size_t n = 0;
    int fd = dock(), other = dock();
    long before = weigh(other), after;

    for (int i = 0; i < PUSHED; i++)
        n += frame(all + n, ECHO, i, HEAD, BIG);
    shared->made = 0;
    put(fd, all, n);
    check_what_is_held(fd);
    after = weigh(other);
    EXPECT(after - before <= 2 * (long)(usual.max_pending + 2 * MOST) + MOST,
           "a client does not read, and the server has taken %ld more bytes "
           "of memory: it holds at most max_pending, one reply and one "
           "request for it",
           after - before);
    for (int i = 0; i < PUSHED; i++)
        hear(fd, i, BIG);
}

static void little_is_held_for_who_does_not_read(void **state)
{
    (void)state;
    open_harbour(AF_UNIX);
    IF_STUCK("a client did not read until it was behind by max_pending. Now "
             "it reads, and nothing more comes: what was read of it already "
             "is handled when there is room again, epoll does not tell");
    crew(push_and_do_not_read);
    serve();
}

/* ---- the stop ----------------------------------------------------------- */

/* From here to let_go, what is sent has arrived, and is not yet seen. */
static void hold_the_pilot(int fd)
{
    ask_for(fd, HOLD, 0, HEAD, 0);
    port.doing = "for the handler to be called";
    gate_wait(shared->held);
}

static void stop_and_let_go(int fd)
{
    stop_the_server();
    gate_open(shared->go_on);
    hear(fd, 0, 0);
}

static const struct {
    int clients, requests;
    size_t len, reply;
} in_flight[] = {{5, 30, 1000, 1500}, {3, 12, 100, 50000}, {1, 4000, 20, 10}};

static void ask_before_the_stop(int k)
{
    static unsigned char all[200000];
    int fd[5] = {0}, n = in_flight[k].clients;

    for (int i = 0; i < n; i++) {
        fd[i] = dock();
        talk(fd[i], i, 100, 100);
    }
    hold_the_pilot(fd[0]);
    for (int i = 0; i < n; i++) {
        size_t size = 0;
        for (int r = 0; r < in_flight[k].requests; r++)
            size += frame(all + size, ECHO, r, in_flight[k].len,
                          in_flight[k].reply);
        put(fd[i], all, size);
    }
    stop_and_let_go(fd[0]);
    for (int i = 0; i < n; i++) {
        for (int r = 0; r < in_flight[k].requests; r++)
            hear(fd[i], r, in_flight[k].reply);
        hear_the_end(fd[i], "after the stop and the last reply the connection "
                            "is closed");
    }
}

static void ask_before_the_stop_0(void)
{
    ask_before_the_stop(0);
}

static void ask_before_the_stop_1(void)
{
    ask_before_the_stop(1);
}

static void ask_before_the_stop_2(void)
{
    ask_before_the_stop(2);
}

static void requests_that_have_arrived_are_answered_at_the_stop(void **state)
{
    (void)state;
    void (*const life[])(void) = {ask_before_the_stop_0, ask_before_the_stop_1,
                                  ask_before_the_stop_2};

    for (int k = 0; k < 3; k++) {
        open_harbour(AF_UNIX);
        STEP("%d clients have sent %d requests of %zu bytes each, then comes "
             "the stop",
             in_flight[k].clients, in_flight[k].requests, in_flight[k].len);
        IF_STUCK("stop_fd is ready, requests have arrived before, and nobody "
                 "moves: answer them, send all the replies, then close");
        crew(life[k]);
        serve();
    }
}

/* Its receive buffer is small, so most is still with the server's kernel when
 * the server has sent all; and then more bytes come to the server. */
static void go_on_sending_after_the_stop(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    unsigned char late[100];
    size_t n = frame(late, ECHO, 77, 50, 10);

    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &(int){8192}, sizeof(int));
    EXPECT(connect(fd, (struct sockaddr *)&port.at, port.length) == 0,
           "a client could not connect");
    talk(fd, 1, 100, 100);
    hold_the_pilot(fd);
    for (int i = 0; i < 20; i++)
        ask(fd, i, 100, 50000);
    stop_and_let_go(fd);
    for (int i = 0; i < 5; i++) {
        until_server_sleeps();
        if (send(fd, late, n, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
    }
    for (int i = 0; i < 20; i++)
        hear(fd, i, 50000);
}

static void no_reply_is_lost_when_more_comes_after_the_stop(void **state)
{
    (void)state;
    open_harbour(AF_INET);
    IF_STUCK("stop_fd is ready, and nobody moves: a client has yet to read its "
             "replies");
    STEP("after the stop, a client sends more before it reads its replies. A "
         "TCP socket that is closed with unread bytes, or that bytes come to "
         "afterwards, resets the connection, and the kernel throws away what "
         "it was still sending: say shutdown(SHUT_WR), and read until the "
         "client has ended, for at most grace_ms");
    crew(go_on_sending_after_the_stop);
    serve();
}

static void ask_and_never_read(void)
{
    int fd = dock(), other = dock();

    for (int i = 0; i < 100; i++)
        ask(fd, i, 20, 50000);
    talk(other, 1, 20, 20);
    hold_the_pilot(other);
    stop_and_let_go(other);
    close(other);
    gate_wait(shared->closed);
}

static void who_does_not_read_is_cut_off_after_the_grace(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.grace_ms = 200;
    FOR_BOTH_FAMILIES(i)
    {
        open_harbour(families[i]);
        IF_STUCK("stop_fd is ready, and one client does not read its replies: "
                 "harbour_serve waits for it for ever, and has to return "
                 "after grace_ms");
        crew(ask_and_never_read);
        serve_as(&how);
        long took = now_ms() - shared->stopped;
        CHECK(took >= how.grace_ms - 10,
              "a client had not read all of its replies, and was cut off "
              "after %ld ms: it has grace_ms, %d here, to do so",
              took, how.grace_ms);
    }
}

static void flood_until_the_end(void)
{
    unsigned char all[1000];
    static char waste[MOST];
    size_t n = 0;
    ssize_t got = 1;
    int fd = dock();

    while (n + 24 <= sizeof(all))
        n += frame(all + n, ECHO, 1, 20, 20);
    talk(fd, 1, 20, 20);
    port.doing = "for the end: it never stops sending, and reads all replies";
    for (int round = 0; got != 0; round++) {
        if (send(fd, all, n, MSG_NOSIGNAL | MSG_DONTWAIT) % 24 > 0)
            break;
        got = recv(fd, waste, sizeof(waste), MSG_DONTWAIT);
        if (got == -1 && errno != EAGAIN)
            break;
        if (round == 50)
            stop_the_server();
        if (round > 500) /* it need not burn the time, only go on */
            moment();
        EXPECT(round < 50 || now_ms() - shared->stopped < LONG_MS / 2,
               "ten seconds after the stop a client is still served: it never "
               "stops sending. What has arrived by the stop is answered, not "
               "what comes afterwards");
    }
}

static void the_stop_comes_although_somebody_goes_on_sending(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.grace_ms = 1500;
    open_harbour(AF_UNIX);
    IF_STUCK("stop_fd is ready, and harbour_serve does not return");
    crew(flood_until_the_end);
    serve_as(&how);
}

static void come_after_the_stop(void)
{
    char bytes[64];
    int fd = dock(), late, others[6];

    talk(fd, 1, 20, 20);
    for (int i = 0; i < 6; i++) {
        others[i] = dock();
        talk(others[i], 1, 20, 20);
    }
    hold_the_pilot(fd);
    stop_the_server();
    for (int i = 0; i < 6; i++) {
        ask(others[i], 2, 20, 20);
        close(others[i]);
    }
    late = dock();
    ask(late, 2, 20, 20);
    gate_open(shared->go_on);
    hear(fd, 0, 0);
    close(fd);
    port.doing = "in the backlog";
    EXPECT(get(late, bytes, 24) != 24,
           "a client that came after stop_fd had become ready was let in and "
           "answered: nobody is accepted any more then. Both can be seen in "
           "the same round: look at stop_fd first");
}

static void nobody_is_let_in_after_the_stop(void **state)
{
    (void)state;
    open_harbour(AF_UNIX);
    IF_STUCK("stop_fd is ready, and harbour_serve does not return");
    crew(come_after_the_stop);
    serve();
}

/* ---- stop_fd, in many forms --------------------------------------------- */

static void a_byte(int end[2])
{
    if (pipe2(end, O_CLOEXEC) == -1 || write(end[1], "!", 1) != 1)
        FAIL_TEST("the test itself could not make a pipe");
}

static void a_pipe_hung_up(int end[2])
{
    if (pipe2(end, O_CLOEXEC) == -1)
        FAIL_TEST("the test itself could not make a pipe");
    close(end[1]);
    end[1] = dup(end[0]);
}

static void an_event(int end[2])
{
    end[0] = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    end[1] = dup(end[0]);
}

static void a_socket_hung_up(int end[2])
{
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, end) == -1)
        FAIL_TEST("the test itself could not make a pair of sockets");
    close(end[1]);
    end[1] = dup(end[0]);
}

static const struct {
    const char *name;
    void (*make)(int end[2]);
} stops[] = {
    {"a pipe with a byte in it", a_byte},
    {"a pipe that nobody has open for writing any more", a_pipe_hung_up},
    {"an eventfd", an_event},
    {"a socket whose peer has closed", a_socket_hung_up},
};

static void check_not_let_in(int fd)
{
    char bytes[64];

    fcntl(port.listener, F_SETFL, O_NONBLOCK);
    int waiting = accept4(port.listener, NULL, NULL, SOCK_CLOEXEC);
    CHECK(waiting != -1,
          "stop_fd was ready before, and a client was taken out of the "
          "backlog: nobody is accepted any more then. Both can be seen in the "
          "same round: look at stop_fd first");
    CHECK_EQ(recv(waiting, bytes, 64, MSG_DONTWAIT), 4 + 20,
             "its request waits with it");
    close(waiting);
    close(fd);
}

static void a_stop_before_the_start_lets_nobody_in(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.grace_ms = 150;
    for (int i = 0; i < 4; i++) {
        open_harbour(i % 2 ? AF_INET : AF_UNIX);
        close(port.stop[0]);
        close(port.stop[1]);
        stops[i].make(port.stop);
        STEP("stop_fd is %s, and one client is in the backlog", stops[i].name);
        int fd = try_to_dock();
        ask(fd, 1, 20, 20);
        IF_STUCK("stop_fd is %s, and harbour_serve does not return",
                 stops[i].name);
        CHECK_EQ(serve_with(&how), 0, "it is stopped: 0");
        check_not_let_in(fd);
        CHECK_EQ(shared->calls, 0, "no request is handled");
        close_harbour();
    }
}

static void ask_and_hang_up(void)
{
    int fd = dock();

    talk(fd, 1, 20, 20);
    close(fd);
    shared->stopped = now_ms();
    close(port.stop[1]);
    _exit(0);
}

static void a_hang_up_stops_it(void **state)
{
    (void)state;
    open_harbour(AF_UNIX);
    crew(ask_and_hang_up);
    close(port.stop[1]);
    port.stop[1] = dup(port.stop[0]);
    IF_STUCK("whoever had the other end of stop_fd has closed it: that is a "
             "stop, too");
    serve();
}

/* ---- idle clients ------------------------------------------------------- */

enum { IDLE_MS = 150 };

static void be_silent(void)
{
    static const size_t part[] = {0, 2, 30};
    unsigned char bytes[100];
    long since[3];
    int fd[3];

    frame(bytes, ECHO, 1, 50, 50);
    for (int i = 0; i < 3; i++) {
        since[i] = now_ms();
        fd[i] = dock();
        put(fd[i], bytes, part[i]);
    }
    for (int i = 0; i < 3; i++) {
        hear_the_end(fd[i], "it has been silent for idle_ms");
        EXPECT(now_ms() - since[i] >= IDLE_MS - 10,
               "a client was cut off after %ld ms, and idle_ms is %d",
               now_ms() - since[i], IDLE_MS);
    }
}

/* Replies that do not go out are no movement. */
static void be_deaf(void)
{
    static char waste[MOST];
    int fd = dock();

    for (int i = 0; i < 100; i++)
        ask(fd, i, 20, 50000);
    struct pollfd p = {.fd = fd};
    port.doing = "to be cut off: it does not read, and moves no byte";
    while (poll(&p, 1, -1) != 1)
        ;
    while (recv(fd, waste, sizeof(waste), 0) > 0)
        ;
}

static void who_moves_no_byte_is_cut_off(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.idle_ms = IDLE_MS;
    open_harbour(AF_UNIX);
    IF_STUCK("clients are silent, or do not read, and idle_ms is over: the "
             "server sleeps on. Nothing happens on their descriptors: it is "
             "epoll_wait's time-out that has to end, when the next one is due");
    crew(be_silent);
    crew(be_deaf);
    serve_as(&how);
}

/*
 * What has been seen to move is later than `moved`. If the end came sooner
 * than idle_ms after that, it came too early, however slow this machine is;
 * if it came later, this says nothing, and it is tried again.
 */
static bool still_there(int fd, long moved, bool gone, const char *how)
{
    if (!gone)
        return true;
    EXPECT(now_ms() - moved >= 2 * IDLE_MS,
           "a client was cut off %ld ms after it had %s, and idle_ms is %d: "
           "each byte that moves begins the time anew",
           now_ms() - moved, how, 2 * IDLE_MS);
    close(fd);
    return false;
}

static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 30000000}, NULL);
}

static bool ask_now_and_then(void)
{
    unsigned char bytes[100];
    size_t n = frame(bytes, ECHO, 1, 20, 20);
    int fd = dock();
    long moved = now_ms(), begun = moved;

    while (now_ms() - begun < 5 * IDLE_MS) {
        long sent = now_ms();
        bool gone = send(fd, bytes, n, MSG_NOSIGNAL) == -1 ||
                    get(fd, bytes + 50, 24) != 24;
        if (!still_there(fd, moved, gone, "sent a request"))
            return false;
        moved = sent;
        rest();
    }
    close(fd);
    return true;
}

static bool send_byte_after_byte(void)
{
    unsigned char bytes[100];
    size_t i = 0;
    int fd = dock();
    long moved = now_ms(), begun = moved;

    frame(bytes, ECHO, 1, 90, 20);
    while (now_ms() - begun < 5 * IDLE_MS) {
        int left = 1;
        long sent = now_ms();
        bool gone = send(fd, bytes + i++, 1, MSG_NOSIGNAL) == -1;
        struct pollfd p = {.fd = fd, .events = POLLIN};
        while (!gone && left > 0 && ioctl(fd, SIOCOUTQ, &left) == 0)
            gone = poll(&p, 1, 1) > 0;
        if (!still_there(fd, moved, gone, "sent a byte"))
            return false;
        moved = sent;
        rest();
    }
    close(fd);
    return true;
}

/* It has asked for much, and reads a little of it now and then. */
static bool read_little_by_little(void)
{
    static char waste[120000];
    int fd = dock(), there = 0;
    long moved = now_ms(), begun = moved;

    for (int i = 0; i < 80; i++)
        ask(fd, i, 20, 50000);
    while (now_ms() - begun < 5 * IDLE_MS) {
        struct pollfd p = {.fd = fd};
        long sent = now_ms();
        if (get(fd, waste, sizeof(waste)) != sizeof(waste))
            return still_there(fd, moved, true, "read some of its replies");
        for (int i = 0; i < 100 && there < 60000; i++, moment())
            ioctl(fd, FIONREAD, &there);
        bool gone = poll(&p, 1, 0) > 0;
        if (!still_there(fd, moved, gone, "read some of its replies"))
            return false;
        moved = there >= 60000 ? sent : moved;
        rest();
    }
    close(fd);
    return true;
}

static void until_it_succeeds(bool (*life)(void))
{
    for (int i = 0; i < 20 && !life(); i++)
        ;
}

static void lead_a_slow_life(void)
{
    until_it_succeeds(ask_now_and_then);
}

static void write_slowly(void)
{
    until_it_succeeds(send_byte_after_byte);
}

static void read_slowly(void)
{
    until_it_succeeds(read_little_by_little);
}

static void who_moves_a_byte_is_not_cut_off(void **state)
{
    (void)state;
    struct harbour how = usual;

    how.idle_ms = 2 * IDLE_MS;
    open_harbour(AF_UNIX);
    IF_STUCK(NOT_ANSWERED "it is slow, but not idle");
    crew(lead_a_slow_life);
    crew(write_slowly);
    crew(read_slowly);
    serve_as(&how);
}

/* ---- errors ------------------------------------------------------------- */

static void limits_have_to_be_positive(void **state)
{
    (void)state;
    struct harbour how[8];

    for (int i = 0; i < 8; i++)
        how[i] = usual;
    how[0].handle = NULL;
    how[1].max_request = 0;
    how[2].max_reply = 0;
    how[3].max_pending = 0;
    how[4].max_connections = 0;
    how[5].max_connections = -1;
    how[6].max_connections = INT32_MIN;
    how[7] = (struct harbour){0};
    open_harbour(AF_UNIX);
    IF_STUCK("a limit is 0 or negative, or there is no handler, and "
             "harbour_serve serves all the same: it is EINVAL");
    for (int i = 0; i < 8; i++)
        CHECK_ERRNO(serve_with(&how[i]), EINVAL,
                    "a limit is 0 or negative, or there is no handler");
    close_harbour();
}

static void what_keeps_it_from_starting_is_told(void **state)
{
    (void)state;
    int listener, end[2];

    open_harbour(AF_UNIX);
    listener = port.listener;
    a_byte(end);
    IF_STUCK("listener is no listening socket, or stop_fd no descriptor, and "
             "harbour_serve waits all the same");
    CHECK_ERRNO(harbour_serve(-1, port.stop[0], &usual), EBADF,
                "listener is no descriptor");
    CHECK_ERRNO(harbour_serve(listener, -1, &usual), EBADF,
                "stop_fd is no descriptor");
    CHECK_ERRNO(harbour_serve(end[1], port.stop[0], &usual), ENOTSOCK,
                "listener is a pipe: accept would say so, but epoll never "
                "asks for it; look before you wait");
    CHECK_ERRNO(harbour_serve(port.stop[0], port.stop[0], &usual), ENOTSOCK,
                "listener is a pipe");
    stop_the_server();
    CHECK_EQ(serve_with(&usual), 0, "now nothing is wrong, and stop_fd ready");
    close(end[0]);
    close(end[1]);
    close_harbour();
}

static void flags_are_as_they_were(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        open_harbour(AF_UNIX);
        fcntl(port.listener, F_SETFL, i & 1 ? O_NONBLOCK : 0);
        fcntl(port.stop[0], F_SETFL, i & 2 ? O_NONBLOCK : 0);
        STEP("O_NONBLOCK is %s for listener, %s for stop_fd",
             i & 1 ? "set" : "not set", i & 2 ? "set" : "not set");
        crew(ask_a_few_times);
        IF_STUCK(NOT_ANSWERED "where listener is non-blocking, and where it "
                              "is not");
        serve(); /* looks at them */
    }
}

static void look_at_descriptors(enum what what, int number)
{
    int known[] = {port.listener, port.stop[0], port.stop[1]};

    (void)what;
    for (int fd = 3; number == 1 && fd < 64; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags == -1 || fd == known[0] || fd == known[1] || fd == known[2])
            continue;
        EXPECT(flags & FD_CLOEXEC,
               "descriptor %d would be open in every program that this "
               "process starts: SOCK_CLOEXEC for accept4, EPOLL_CLOEXEC for "
               "epoll_create1",
               fd);
    }
}

static void its_descriptors_are_closed_on_exec(void **state)
{
    (void)state;
    open_harbour(AF_UNIX);
    for (int fd = 3; fd < 64; fd++) /* who started us may have others */
        if (fcntl(fd, F_GETFD) != -1)
            fcntl(fd, F_SETFD, FD_CLOEXEC);
    meanwhile = look_at_descriptors;
    crew(ask_a_few_times);
    serve();
}

/* ---- a rough sea -------------------------------------------------------- */

enum { ROUGH = 7, ROUGH_REPLY = 60000 };

static bool is_an_error(void)
{
    return sea_hit() && sea_error() != EINTR && sea_error() != SEA_SHORT_COUNT;
}

/* An error may cost a connection, or keep everybody in the backlog: then it
 * is given up when the server sleeps. */
static bool something_comes(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};

    while (poll(&p, 1, is_an_error() ? 5 : -1) != 1)
        if (is_an_error() && asleep(getppid()))
            return false;
    return true;
}

static void ask_on_a_rough_sea(void)
{
    static unsigned char all[ROUGH * 2000], bytes[4 + ROUGH_REPLY];
    int fd = try_to_dock(), other = try_to_dock();
    size_t n = 0, k = 0;

    for (int i = 0; i < ROUGH; i++)
        n += frame(all + n, ECHO, i, 1000, ROUGH_REPLY);
    if (send(other, all, 500, MSG_NOSIGNAL) == -1)
        return;
    if (send(fd, all, n - 300, MSG_NOSIGNAL) != (ssize_t)n - 300)
        return;
    until_taken(fd);
    if (send(fd, all + n - 300, 300, MSG_NOSIGNAL) != 300)
        return;
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < ROUGH; i++) {
        for (k = 0; k < sizeof(bytes) && something_comes(fd); k += (size_t)n) {
            ssize_t got = recv(fd, bytes + k, sizeof(bytes) - k, 0);
            if (got <= 0)
                return;
            n = (size_t)got;
        }
        if (k < sizeof(bytes))
            return;
        EXPECT(same_until(bytes + 4, ROUGH_REPLY, i) == ROUGH_REPLY,
               "the reply to request %d is wrong", i);
        shared->note++;
    }
}

static void serve_on_a_rough_sea(void)
{
    open_harbour(AF_UNIX);
    crew(ask_on_a_rough_sea);
    errno = 0;
    int rc = serve_with(&usual), error = errno;
    fetch_crews_home();
    close(port.stop[0]);
    close(port.stop[1]);
    if (shared->failed)
        FAIL_TEST("%s", shared->why);
    if (rc == -1) {
        errno = error;
        CHECK(is_an_error() && shared->calls == 0,
              "harbour_serve has returned -1 although it had started: it "
              "serves until stop_fd is ready; what happens to one client, or "
              "in accept, does not end it");
        CHECK_EQ(error, sea_error(),
                 "the caller learns the errno of what kept it from starting: "
                 "keep it while you clean up");
    } else
        CHECK(shared->note == ROUGH || is_an_error(),
              "a client got %d of %d replies: after EINTR call again, what "
              "one send or recv does not do is done by the next one",
              shared->note, ROUGH);
    munmap(shared, sizeof(*shared));
}

static void serves_on_although_calls_fail(void **state)
{
    (void)state;
    IF_STUCK("a call has failed, and now everybody waits");
    sea_every(serve_on_a_rough_sea, SEA_ERRORS);
}

static void serves_on_although_calls_are_interrupted(void **state)
{
    (void)state;
    sea_handler();
    IF_STUCK("a call was interrupted, or did less than it was asked for, and "
             "now everybody waits");
    sea_every(serve_on_a_rough_sea, SEA_EINTR | SEA_SHORT);
}

static void a_signal_at_any_moment_changes_nothing(void **state)
{
    (void)state;
    sea_handler();
    IF_STUCK("a signal has come, and now everybody waits");
    sea_raise_every(serve_on_a_rough_sea, SIGUSR1);
}

static const struct CMUnitTest facts[] = {
    FACT(answers_requests),
    FACT(requests_and_replies_may_be_empty_or_of_full_length),
    FACT(long_frames_go_in_many_parts),
    FACT(many_requests_in_one_piece_are_answered_in_order),
    FACT(a_request_may_come_in_any_pieces),
    FACT(halves_of_different_clients_are_not_mixed),
    FACT(who_does_not_read_holds_up_nobody),
    FACT(half_a_request_holds_up_nobody),
    FACT(who_never_stops_sending_holds_up_nobody),
    FACT(requests_are_read_while_replies_wait),
    FACT(who_shuts_down_still_gets_its_replies),
    FACT(a_bad_length_ends_the_connection_after_earlier_replies),
    FACT(the_handler_may_cut_a_client_off),
    FACT(a_clients_death_hurts_nobody),
    FACT(descriptors_are_used_again_in_the_same_round),
    FACT(a_time_out_and_a_request_may_meet),
    FACT(an_empty_harbour_costs_no_time),
    FACT(idle_clients_cost_no_time),
    FACT(who_does_not_read_costs_no_time),
    FACT(further_clients_wait_until_one_leaves),
    FACT(without_descriptors_further_clients_wait),
    FACT(thousands_come_at_once),
    FACT(silence_costs_little_memory),
    FACT(little_is_held_for_who_does_not_read),
    FACT(requests_that_have_arrived_are_answered_at_the_stop),
    FACT(no_reply_is_lost_when_more_comes_after_the_stop),
    FACT(who_does_not_read_is_cut_off_after_the_grace),
    FACT(the_stop_comes_although_somebody_goes_on_sending),
    FACT(nobody_is_let_in_after_the_stop),
    FACT(a_stop_before_the_start_lets_nobody_in),
    FACT(a_hang_up_stops_it),
    FACT(who_moves_no_byte_is_cut_off),
    FACT(who_moves_a_byte_is_not_cut_off),
    FACT(limits_have_to_be_positive),
    FACT(what_keeps_it_from_starting_is_told),
    FACT(flags_are_as_they_were),
    FACT(its_descriptors_are_closed_on_exec),
    FACT(serves_on_although_calls_fail),
    FACT(serves_on_although_calls_are_interrupted),
    FACT(a_signal_at_any_moment_changes_nothing),
};

EXERCISE("4_sockets/harbour",
         "epoll(7), accept4(2), send(2) on MSG_NOSIGNAL, shutdown(2)", facts)
