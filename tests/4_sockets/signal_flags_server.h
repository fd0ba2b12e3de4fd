/*
 * signal_flags_server.h — facts about rpc_serve_one: the test is the
 * clients.
 */
#ifndef SIGNAL_FLAGS_SERVER_H
#define SIGNAL_FLAGS_SERVER_H

#include "signal_flags_client.h"

/* ---- the server ---------------------------------------------------------- */

static struct {
    unsigned char before[64];
    struct rpc_memory it;
    unsigned char after[64];
} memory;

static struct job {
    int executed;
    size_t len, cap;
    unsigned char req[LONGEST];
    ssize_t answer; /* the length of the next reply, or -1 */
} job;

/* Its nth reply begins at the sample's byte n. */
static ssize_t work(const void *req, size_t len, void *rep, size_t cap,
                    void *context)
{
    struct job *j = context;

    j->executed++;
    j->len = len;
    j->cap = cap;
    memcpy(j->req, req, len < sizeof(j->req) ? len : sizeof(j->req));
    if (j->answer > 0)
        memcpy(rep, message(j->executed), (size_t)j->answer);
    return j->answer;
}

static void server_begins(int family)
{
    memset(&memory, GUARD, sizeof(memory));
    memset(&memory.it, 0, sizeof(memory.it));
    memset(&job, 0, sizeof(job));
    job.answer = 10;
    server = socket_at(anywhere(family));
}

static int serve(void)
{
    IF_STUCK("A datagram is there: rpc_serve_one treats it and returns. It "
             "waits for one, and not for another.");
    return rpc_serve_one(server, &memory.it, work, &job);
}

static void says(int fd, uint64_t number, const void *text, size_t len)
{
    struct wire call = wire("CALL", number, text, len);

    put_to(fd, place_of(server), &call);
}

/* The next datagram at a client is the nth reply, to this number. */
static void is_told(int fd, uint64_t number, int nth, size_t len)
{
    CHECK(is_there(fd, FAR), "the reply is sent to where the call came from");
    take(fd, &w);
    CHECK_MEM(w.bytes, w.n < 4 ? w.n : 4, "BACK", 4,
              "a reply begins with these four bytes");
    CHECK_EQ(w.number, number,
             "the reply repeats the number of the call, big-endian");
    CHECK_EQ(w.n, HEAD + len, "16 bytes, and then what the handler wrote");
    CHECK_EQ(w.said, len, "the length of the reply, big-endian");
    CHECK_MEM(text_of(&w), len, message(nth), len,
              "the reply is what the handler wrote for this call");
    struct place home = place_of(server);
    CHECK(w.from.len == home.len && memcmp(&w.from.it, &home.it, home.len) == 0,
          "the reply comes from the address that was called: a client takes "
          "none from elsewhere");
}

/* A call that is executed, as the nth, and answered. */
static void executes(int fd, uint64_t number, const char *why)
{
    int before = job.executed;

    says(fd, number, message(2), 20);
    CHECK_EQ(serve(), 1, "%s", why);
    CHECK_EQ(job.executed, before + 1, "%s", why);
    CHECK_MEM(job.req, job.len, message(2), 20,
              "the handler gets the message of the call");
    if (job.answer >= 0)
        is_told(fd, number, before + 1, (size_t)job.answer);
}

/* One that is not. */
static void does_not_execute(int fd, uint64_t number, const char *why)
{
    int before = job.executed;

    says(fd, number, message(2), 20);
    int rc = serve();
    CHECK_EQ(job.executed, before, "%s", why);
    CHECK_EQ(rc, 0, "a datagram came, and no call was executed: 0");
}

static void hears_nothing(int fd, const char *why)
{
    CHECK(!is_there(fd, 0), "%s", why);
}

static void executes_a_call_and_replies(void **state)
{
    (void)state;
    for (int i = 0; i < FAMILIES; i++) {
        server_begins(families[i]);
        if (server == -1)
            continue;
        int fd = socket_at(anywhere(families[i]));
        executes(fd, 1000, "a call is executed");
        executes(fd, 1001, "the next call is executed");
        executes(fd, 900000, "a number may leave some out");
        CHECK_EQ(job.cap, RPC_MAX, "the handler may write up to RPC_MAX bytes");
        CHECK_EQ(memory.it.clients, 1,
                 "one address is remembered: clients is 1");
        close(fd);
        close(server);
    }
}

static void serves_messages_of_every_size(void **state)
{
    (void)state;
    static const size_t size[] = {0, 1, 255, 256, RPC_MAX - 1, RPC_MAX};

    server_begins(AF_INET);
    int fd = socket_at(anywhere(AF_INET));
    for (int i = 0; i < 36; i++) {
        job.answer = (ssize_t)size[i / 6];
        says(fd, 50 + (uint64_t)i, message(i), size[i % 6]);
        CHECK_EQ(serve(), 1, "a call of %zu bytes is executed", size[i % 6]);
        CHECK_MEM(job.req, job.len, message(i), size[i % 6],
                  "the handler gets the whole message, and no more");
        is_told(fd, 50 + (uint64_t)i, job.executed, size[i / 6]);
    }
    close(fd);
    close(server);
}

static void a_repeated_call_is_not_executed_again(void **state)
{
    (void)state;
    static struct wire first;

    for (int i = 0; i < FAMILIES; i++) {
        server_begins(families[i]);
        if (server == -1)
            continue;
        int fd = socket_at(anywhere(families[i]));
        executes(fd, 7, "a call is executed");
        first = w;
        for (int j = 0; j < 3; j++) {
            does_not_execute(
                fd, 7,
                "the call was executed a second time. Its reply was lost, so "
                "the client asks again: send the reply again, from memory");
            is_told(fd, 7, 1, 10);
            CHECK_MEM(w.bytes, w.n, first.bytes, first.n,
                      "the same reply is sent again, as it was");
        }
        executes(fd, 8, "the next call is executed");
        close(fd);
        close(server);
    }
}

static void an_older_call_is_dropped(void **state)
{
    (void)state;
    static const uint64_t old[] = {6, 0, 1, 254};

    server_begins(AF_INET);
    int fd = socket_at(anywhere(AF_INET));
    executes(fd, 6, "a call is executed");
    executes(fd, 255, "the next call is executed");
    for (int i = 0; i < 4; i++)
        does_not_execute(fd, old[i],
                         "a datagram with an older number was long under way: "
                         "its client has given it up, and perhaps it was "
                         "executed already. It is dropped");
    executes(fd, 256,
             "the next call is executed, and an older number that "
             "came between does not count");
    hears_nothing(fd, "to what is dropped nothing is replied");
    does_not_execute(fd, 256, "it was executed already");
    is_told(fd, 256, 3, 10);
    close(fd);
    close(server);
}

static void all_64_bits_of_a_number_count(void **state)
{
    (void)state;
    static const uint64_t number[] = {0,
                                      1,
                                      0xff,
                                      0x100,
                                      0x10001,
                                      0x7fffffff,
                                      0x80000000,
                                      0xffffffff,
                                      0x100000000,
                                      0x100000001,
                                      0x17fffffff00,
                                      0x7fffffffffffffff,
                                      0x8000000000000000,
                                      0xfffffffffffffffe,
                                      0xffffffffffffffff};

    server_begins(AF_INET);
    int fd = socket_at(anywhere(AF_INET));
    for (int i = 0; i < 15; i++) {
        executes(fd, number[i],
                 "its number is greater than all before from its address (the "
                 "first may be 0): unsigned, big-endian, of 64 bits");
        if (i > 0)
            does_not_execute(fd, number[i - 1],
                             "its number is smaller than the last one's: "
                             "unsigned, big-endian, of 64 bits");
        hears_nothing(fd, "to what is dropped nothing is replied");
        does_not_execute(fd, number[i], "it was executed already");
        is_told(fd, number[i], i + 1, 10);
    }
    close(fd);
    close(server);
}

/* ---- many clients -------------------------------------------------------- */

enum { SEVERAL = 6 };
static int fd[SEVERAL];

/* Each calls with the same number, and repeats it after all have called. */
static void several_clients(int n)
{
    int last[SEVERAL];

    for (int i = 0; i < n; i++) {
        executes(fd[i], 5,
                 "another client's call has the same number, but another "
                 "address: it is another call");
        last[i] = job.executed;
    }
    for (int i = n - 1; i >= 0; i--) {
        does_not_execute(fd[i], 5,
                         "it was executed already: each address has its own "
                         "number and its own reply, and calls of others "
                         "between do not matter");
        is_told(fd[i], 5, last[i], 10);
    }
    for (int i = 0; i < n; i++) {
        does_not_execute(fd[i], 4, "its number is smaller than the last");
        hears_nothing(fd[i], "each reply is sent to its own client only");
        close(fd[i]);
    }
}

static void clients_have_numbers_of_their_own(void **state)
{
    (void)state;
    for (int i = 0; i < FAMILIES; i++) {
        server_begins(families[i]);
        if (server == -1)
            continue;
        for (int j = 0; j < SEVERAL; j++)
            fd[j] = socket_at(anywhere(families[i]));
        several_clients(SEVERAL);
        CHECK_EQ(memory.it.clients, SEVERAL, "so many addresses have called");
        close(server);
    }
}

static void the_same_port_elsewhere_is_another_client(void **state)
{
    (void)state;
    server_begins(AF_INET);
    fd[0] = socket_at(anywhere(AF_INET));
    for (int i = 1; i < 4; i++) {
        struct place p = place_of(fd[0]);
        ((struct sockaddr_in *)&p.it)->sin_addr.s_addr =
            htonl(INADDR_LOOPBACK + (unsigned)i * 77);
        if ((fd[i] = socket_at(p)) == -1)
            SKIP_TEST("somebody else has that port");
    }
    several_clients(4);
    close(server);
}

/* Abstract names: of some length, with zeros in them. */
static void a_longer_name_is_another_client(void **state)
{
    (void)state;
    static const char *const tail[] = {"", "\0", "\0\0", "\0a", "\0b", "a"};
    static const size_t len[] = {0, 1, 2, 2, 2, 1};
    char stem[40];
    int n = snprintf(stem, sizeof(stem), "flags-%d-%lld", getpid(),
                     (long long)now_ms());

    server_begins(AF_UNIX);
    for (int i = 0; i < SEVERAL; i++) {
        struct place p = anywhere(AF_UNIX);
        char *path = ((struct sockaddr_un *)&p.it)->sun_path;
        memcpy(path + 1, stem, (size_t)n);
        memcpy(path + 1 + n, tail[i], len[i]);
        p.len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
                            (size_t)n + len[i]);
        fd[i] = socket_at(p);
        CHECK(fd[i] != -1, "the test itself binds a name");
    }
    several_clients(SEVERAL);
    close(server);
}

static void nobody_is_forgotten(void **state)
{
    (void)state;
    int many[RPC_CLIENTS + 3];

    server_begins(AF_INET);
    for (int i = 0; i < RPC_CLIENTS + 3; i++)
        many[i] = socket_at(anywhere(AF_INET));
    for (int i = 0; i < RPC_CLIENTS; i++)
        executes(many[i], 9, "there is room for RPC_CLIENTS addresses");
    CHECK_EQ(memory.it.clients, RPC_CLIENTS, "so many are remembered");
    for (int i = RPC_CLIENTS; i < RPC_CLIENTS + 3; i++)
        does_not_execute(many[i], 1000000,
                         "there is no room to remember one address more, so "
                         "its calls cannot be told from their repetitions: "
                         "they are dropped");
    for (int i = 0; i < RPC_CLIENTS; i++) {
        does_not_execute(many[i], 9,
                         "nobody was forgotten for a newcomer: it "
                         "was executed already");
        is_told(many[i], 9, i + 1, 10);
    }
    executes(many[77], 10, "those that are remembered are served on");
    for (size_t i = 0; i < sizeof(memory.before); i++)
        CHECK(memory.before[i] == GUARD && memory.after[i] == GUARD,
              "memory has room for RPC_CLIENTS, and nothing is written beside "
              "it");
    for (int i = 0; i < RPC_CLIENTS + 3; i++) {
        hears_nothing(many[i], "to what is dropped nothing is replied");
        close(many[i]);
    }
    close(server);
}

/* ---- what is no call ----------------------------------------------------- */

static void drops_what_is_no_call(void **state)
{
    (void)state;
    static struct wire bad;
    const char *how;

    for (int i = 0; i < FAMILIES; i++) {
        if (families[i] == AF_INET6)
            continue;
        server_begins(families[i]);
        int end = socket_at(anywhere(families[i]));
        for (int k = 0; unsound(k, "CALL", 1000000, &bad, &how); k++) {
            put_to(end, place_of(server), &bad);
            int rc = serve();
            CHECK_EQ(job.executed, k,
                     "the server got %s, and executed it: it is dropped. "
                     "recvmsg says in msg_flags whether something was cut off "
                     "(MSG_TRUNC)",
                     how);
            CHECK_EQ(rc, 0, "the server got %s: no call was executed", how);
            executes(end, 50 + (uint64_t)k,
                     "what is no call leaves no trace: its number is not "
                     "remembered");
        }
        close(end);
        close(server);
    }
}

static void a_reply_is_no_call(void **state)
{
    (void)state;
    server_begins(AF_INET);
    int end = socket_at(anywhere(AF_INET));
    struct wire back = wire("BACK", 7, "x", 1);

    put_to(end, place_of(server), &back);
    CHECK_EQ(serve(), 0, "a datagram that begins with \"BACK\" is no call");
    CHECK_EQ(job.executed, 0, "so nothing is executed");
    put_to(server, place_of(end), &back); /* what is dropped says nothing */
    CHECK(is_there(end, FAR) && take(end, &w), "the test itself sends it");
    CHECK(w.number == 7 && w.n == HEAD + 1, "it is the first that comes");
    close(end);
    close(server);
}

static void treats_one_datagram_at_a_time(void **state)
{
    (void)state;
    server_begins(AF_INET);
    int end = socket_at(anywhere(AF_INET));

    says(end, 1, message(1), 10);
    says(end, 1, message(1), 10);
    says(end, 2, message(1), 10);
    says(end, 1, message(1), 10);
    CHECK_EQ(serve(), 1, "the first is executed");
    CHECK_EQ(job.executed, 1, "one datagram at a time");
    CHECK_EQ(serve(), 0, "the second is the same call again");
    CHECK_EQ(serve(), 1, "the third is executed");
    CHECK_EQ(job.executed, 2, "one datagram at a time");
    CHECK_EQ(serve(), 0, "the fourth is an old one, and late");
    is_told(end, 1, 1, 10);
    is_told(end, 1, 1, 10);
    is_told(end, 2, 2, 10);
    hears_nothing(end, "to what is dropped nothing is replied");
    close(end);
    close(server);
}

/* ---- no reply, and empty ones -------------------------------------------- */

static void a_handler_may_say_nothing(void **state)
{
    (void)state;
    server_begins(AF_INET);
    int end = socket_at(anywhere(AF_INET));

    executes(end, 1, "a call is executed, and answered");
    job.answer = -1;
    executes(end, 2, "a call is executed, also if the handler returns -1");
    hears_nothing(end, "the handler returned -1: no reply is sent");
    job.answer = 10;
    for (int i = 0; i < 2; i++)
        does_not_execute(end, 2,
                         "the call was executed, though there is no "
                         "reply: it is not executed again");
    hears_nothing(end, "the handler returned -1: no reply is sent, neither now "
                       "nor later, and an older one least of all");
    executes(end, 3, "the next call is executed");
    close(end);
    close(server);
}

static void an_empty_reply_is_a_reply(void **state)
{
    (void)state;
    server_begins(AF_INET);
    int end = socket_at(anywhere(AF_INET));

    executes(end, 1, "a call is executed, and answered");
    job.answer = 0;
    executes(end, 2, "a call is executed, and its reply is empty");
    job.answer = 10;
    does_not_execute(end, 2, "it was executed already");
    is_told(end, 2, 2, 0);
    close(end);
    close(server);
}

static void a_reply_may_be_lost_at_once(void **state)
{
    (void)state;
    server_begins(AF_UNIX);
    int end = socket_at(anywhere(AF_UNIX));
    struct place home = place_of(end);

    says(end, 3, message(2), 20);
    close(end);
    CHECK_EQ(serve(), 1,
             "the client is gone, its reply cannot be sent: a loss like any "
             "other, and the call was executed");
    CHECK_EQ(job.executed, 1, "the call was executed");
    end = socket_at(home);
    CHECK(end != -1, "the test itself binds the same name again");
    does_not_execute(end, 3,
                     "it was executed already, whether its reply could "
                     "be sent or not");
    is_told(end, 3, 1, 10);
    close(end);
    close(server);
}

/* ---- memory -------------------------------------------------------------- */

static void all_memory_is_in_memory(void **state)
{
    (void)state;
    static struct rpc_memory other;
    struct job *shared = fact_shared(sizeof(*shared));
    struct rpc_memory *common = fact_shared(sizeof(*common));

    server_begins(AF_INET);
    int end = socket_at(anywhere(AF_INET));
    shared->answer = 10;
    says(end, 5, message(1), 10);
    pid_t pid = fact_fork();
    if (pid == 0) {
        ISLAND_CHECK(rpc_serve_one(server, common, work, shared) == 1,
                     "a call is executed");
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    CHECK_EQ(shared->executed, 1, "a process has executed a call");
    is_told(end, 5, 1, 10);
    says(end, 5, message(1), 10);
    CHECK_EQ(rpc_serve_one(server, common, work, shared), 0,
             "another process has executed the call, and its memory is shared: "
             "all that a server remembers is in *memory");
    is_told(end, 5, 1, 10);
    says(end, 5, message(1), 10);
    CHECK_EQ(rpc_serve_one(server, &other, work, &job), 1,
             "this memory is a new one, and remembers nobody: nothing is kept "
             "anywhere else");
    munmap(shared, sizeof(*shared));
    munmap(common, sizeof(*common));
    close(end);
    close(server);
}

/* ---- how the server waits ------------------------------------------------ */

static int late_client;

static void call_now(void *unused)
{
    (void)unused;
    says(late_client, 6, message(2), 20);
}

static void the_server_waits_asleep(void **state)
{
    (void)state;
    server_begins(AF_INET);
    late_client = socket_at(anywhere(AF_INET));
    watch_begin(call_now, NULL);
    int rc = serve(), error = errno;
    watch_end("wait for a datagram in a call that sleeps, such as recvfrom");
    errno = error;
    CHECK_EQ(rc, 1, "a call came in the end, and was executed");
    is_told(late_client, 6, 1, 10);
    close(late_client);
    close(server);
}

static void signals_do_not_wake_the_server(void **state)
{
    (void)state;
    server_begins(AF_INET);
    late_client = socket_at(anywhere(AF_INET));
    sea_handler();
    nudge_begin(3, call_now, NULL);
    int rc = serve();
    int error = errno;
    nudge_end();
    errno = error;
    CHECK_EQ(rc, 1,
             "signals came while it waited, and then a call: EINTR "
             "does not end the wait");
    close(late_client);
    close(server);
}

static void a_server_may_be_non_blocking(void **state)
{
    (void)state;
    server_begins(AF_INET);
    int end = socket_at(anywhere(AF_INET));

    fcntl(server, F_SETFL, O_RDWR | O_NONBLOCK);
    IF_STUCK("The server's socket is non-blocking, and nothing is there: "
             "EAGAIN, at once.");
    for (int i = 0; i < 2; i++)
        CHECK_ERRNO(rpc_serve_one(server, &memory.it, work, &job), EAGAIN,
                    "nothing is there, and the socket is non-blocking");
    says(end, 1, message(2), 20);
    CHECK(is_there(server, FAR), "the call is there");
    CHECK_EQ(serve(), 1, "a call is there");
    is_told(end, 1, 1, 10);
    CHECK(fcntl(server, F_GETFL) & O_NONBLOCK, "its flags are the caller's");
    CHECK_ERRNO(rpc_serve_one(server, &memory.it, work, &job), EAGAIN,
                "nothing is there, and the socket is non-blocking");
    fcntl(server, F_SETFL, O_RDWR);
    executes(end, 2, "now it is blocking");
    CHECK(!(fcntl(server, F_GETFL) & O_NONBLOCK), "its flags are the caller's");
    close(end);
    close(server);
}

static void the_server_says_what_recv_says(void **state)
{
    (void)state;
    int file = open("/dev/null", O_RDWR | O_CLOEXEC);

    server_begins(AF_INET);
    CHECK_ERRNO(rpc_serve_one(-1, &memory.it, work, &job), EBADF,
                "there is no such descriptor");
    CHECK_ERRNO(rpc_serve_one(file, &memory.it, work, &job), ENOTSOCK,
                "that is no socket");
    CHECK_EQ(job.executed, 0, "nothing was executed");
    close(file);
    close(server);
}

#endif
