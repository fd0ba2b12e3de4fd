/*
 * signal_flags_sea.h — facts about both together: over a rough sea,
 * between two machines, and with Python at the other end.
 */
#ifndef SIGNAL_FLAGS_SEA_H
#define SIGNAL_FLAGS_SEA_H

#include "hosts.h"
#include "python.h"
#include "relay.h"
#include "signal_flags_server.h"

/* ---- over a rough sea ---------------------------------------------------- */

enum { MOST_CALLS = 10000, CLIENTS = 112 };

static struct voyage {
    int calls;
    atomic_int next;                /* the next call to make */
    atomic_uchar times[MOST_CALLS]; /* it was executed */
    struct rpc_memory memory;
} * voyage;

static ssize_t count_it(const void *req, size_t len, void *rep, size_t cap,
                        void *context)
{
    struct voyage *v = context;
    uint32_t id;

    (void)cap;
    ISLAND_CHECK(len == sizeof(id),
                 "the handler got a message of %zu bytes, "
                 "and 4 were sent",
                 len);
    memcpy(&id, req, sizeof(id));
    ISLAND_CHECK(id < (uint32_t)v->calls, "the handler got another message "
                                          "than was sent");
    v->times[id]++;
    memcpy(rep, &(uint32_t){id * 2654435761u}, sizeof(id));
    return sizeof(id);
}

static pid_t a_server(void)
{
    pid_t pid = fact_fork();

    if (pid != 0)
        return pid;
    for (;;)
        ISLAND_CHECK(rpc_serve_one(server, &voyage->memory, count_it, voyage) !=
                         -1,
                     "rpc_serve_one failed with %s, and nothing was wrong but "
                     "the sea",
                     name_errno(errno));
}

/* Takes the next call that nobody has made, until there is none. */
static pid_t a_client(const struct sockaddr *to, socklen_t len)
{
    uint32_t id, got;
    pid_t pid = fact_fork();

    if (pid != 0)
        return pid;
    client = socket_at(anywhere(to->sa_family));
    ISLAND_CHECK(connect(client, to, len) == 0, "the test itself connects");
    while ((id = (uint32_t)voyage->next++) < (uint32_t)voyage->calls) {
        ssize_t n = rpc_call(client, &id, sizeof(id), &got, sizeof(got), FAR);
        ISLAND_CHECK(n == sizeof(got),
                     "a call was lost for good: rpc_call returned %d, %s. A "
                     "lost call and a lost reply are both repeated, until one "
                     "comes through",
                     (int)n, n == -1 ? name_errno(errno) : "no error");
        ISLAND_CHECK(got == id * 2654435761u,
                     "a call got the reply to another call: only the number "
                     "tells which reply belongs to which call");
    }
    _exit(0);
}

static void until_all_have_landed(pid_t the_server, int clients)
{
    while (clients > 0) {
        int wstatus;
        pid_t pid = waitpid(-1, &wstatus, 0);
        if (pid == -1 && errno == EINTR)
            continue;
        CHECK(pid != the_server, "the server has ended");
        CHECK_STATUS(wstatus, EXITED(0), "a client has made all its calls");
        clients--;
    }
}

static void each_was_executed_once(void)
{
    int never = 0, again = 0;

    for (int id = 0; id < voyage->calls; id++) {
        never += voyage->times[id] == 0;
        again += voyage->times[id] > 1;
    }
    CHECK(again == 0,
          "%d of %d calls were executed more than once: a call that comes "
          "again was perhaps executed already, and only its reply is lost. Its "
          "number tells",
          again, voyage->calls);
    CHECK(never == 0,
          "%d of %d calls were never executed, and yet got a reply: whose?",
          never, voyage->calls);
}

/* Returns what the sea did to the replies. */
static struct relay_count sail(int family, struct relay_weather weather,
                               int calls, int clients)
{
    socklen_t len;

    voyage = fact_shared(sizeof(*voyage));
    voyage->calls = calls;
    if ((server = socket_at(anywhere(family))) == -1)
        return (struct relay_count){0}; /* no IPv6 here */
    struct place home = place_of(server);
    struct relay *sea = relay_start(&weather, &home.it, home.len, clients);
    pid_t pid = a_server();
    for (int i = 0; i < clients; i++) {
        const struct sockaddr *to = relay_near(sea, i, &len);
        a_client(to, len);
    }
    until_all_have_landed(pid, clients);
    struct relay_count count = relay_counts(sea, RELAY_BACK);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    relay_end(sea);
    each_was_executed_once();
    munmap(voyage, sizeof(*voyage));
    close(server);
    return count;
}

/* Of all datagrams and copies, three of ten are lost. */
static const struct relay_weather rough = {
    .seed = 1, .lost = 300, .doubled = 300, .overtaken = 100, .delayed = 150};

static void a_thousand_calls_at_most_once(void **state)
{
    (void)state;
    struct relay_count count = sail(AF_INET, rough, 1000, CLIENTS);

    CHECK(count.lost > 200 && count.doubled > 200, "the sea was rough");
}

static void ten_thousand_calls_at_most_once(void **state)
{
    (void)state;
    struct relay_weather other = rough;

    other.seed = 2;
    struct relay_count count = sail(AF_INET, other, MOST_CALLS, CLIENTS);
    CHECK(count.lost > 2000 && count.doubled > 2000, "the sea was rough");
}

static void a_damaged_datagram_is_a_lost_one(void **state)
{
    (void)state;
    static const struct relay_weather breaking = {.seed = 3,
                                                  .lost = 50,
                                                  .doubled = 100,
                                                  .cut = 100,
                                                  .extended = 100,
                                                  .resized = 100,
                                                  .length_at = 12,
                                                  .flipped = 100,
                                                  .flip_within = 4};

    sail(AF_INET, breaking, 200, 50);
    sail(AF_INET6, breaking, 40, 20);
    sail(AF_UNIX, breaking, 40, 8);
}

/* ---- between two machines ------------------------------------------------ */

/* Port 0: the kernel chooses. */
static struct place at_host(int host, int family, unsigned port)
{
    struct place p = anywhere(family);
    const char *text = host_address(host, family);

    if (family == AF_INET) {
        struct sockaddr_in *in = (struct sockaddr_in *)&p.it;
        inet_pton(family, text, &in->sin_addr);
        in->sin_port = htons((uint16_t)port);
    } else {
        struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&p.it;
        inet_pton(family, text, &in6->sin6_addr);
        in6->sin6_port = htons((uint16_t)port);
    }
    return p;
}

static pid_t a_server_on_host_1(int family)
{
    pid_t pid = host_fork(1);

    if (pid != 0)
        return pid;
    server = socket_at(at_host(1, family, 0));
    struct place home = place_of(server);
    seen->number = family == AF_INET
                       ? ((struct sockaddr_in *)&home.it)->sin_port
                       : ((struct sockaddr_in6 *)&home.it)->sin6_port;
    seen->calls = 1;
    for (;;)
        ISLAND_CHECK(rpc_serve_one(server, &voyage->memory, count_it, voyage) !=
                         -1,
                     "rpc_serve_one failed with %s", name_errno(errno));
}

/* A call; in the beginning of every second one the cable is pulled. */
static void a_call_through_the_cable(int id)
{
    uint32_t number = (uint32_t)id, wanted = number * 2654435761u;
    bool pulled = id % 2 && cable_pull();
    int before = datagrams_sent();

    server = -1;
    call_begins(&number, sizeof(number), 100, FAR);
    for (int i = 0; pulled && i < 5000 && datagrams_sent() - before < 3; i++)
        moment();
    if (pulled)
        cable_plug();
    CHECK(is_there(caller.done, FAR),
          "the cable was out for a moment, and rpc_call does not come back");
    struct result r = returned("it was answered");
    is_reply(&r, &wanted, sizeof(wanted));
    caller_ends();
}

static void calls_reach_another_machine(void **state)
{
    (void)state;
    hosts_begin();
    for (int i = 0; i < 2; i++) {
        if (!host_address(1, families[i]))
            continue;
        voyage = fact_shared(sizeof(*voyage));
        seen = fact_shared(sizeof(*seen));
        voyage->calls = 4;
        pid_t pid = a_server_on_host_1(families[i]);
        while (seen->calls == 0)
            moment();
        client = socket_at(at_host(0, families[i], 0));
        lead_to(client, at_host(1, families[i], ntohs((uint16_t)seen->number)));
        for (int id = 0; id < 4; id++)
            a_call_through_the_cable(id);
        each_was_executed_once();
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        close(client);
        munmap(voyage, sizeof(*voyage));
        munmap(seen, sizeof(*seen));
    }
    hosts_end();
}

/* ---- Python at the other end --------------------------------------------- */

static const char python_client[] =
    "import socket, struct, sys, time\n"
    "\n"
    "HEAD = struct.Struct('>4sQI')\n"
    "\n"
    "def call(sock, message, tries=9):\n"
    "    number, wait = time.time_ns(), 0.02\n"
    "    for _ in range(tries):\n"
    "        sock.send(HEAD.pack(b'CALL', number, len(message)) + message)\n"
    "        end = time.monotonic() + wait\n"
    "        while (left := end - time.monotonic()) > 0:\n"
    "            sock.settimeout(left)\n"
    "            try:\n"
    "                reply = sock.recv(2000)\n"
    "            except (TimeoutError, ConnectionRefusedError):\n"
    "                continue\n"
    "            if reply[:16] == HEAD.pack(b'BACK', number,\n"
    "                                       len(reply) - 16):\n"
    "                return number, reply[16:]\n"
    "        wait = min(2 * wait, 0.32)\n"
    "    sys.exit('a call of Python got no reply')\n"
    "\n"
    "sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "sock.connect(('127.0.0.1', int(sys.argv[1])))\n"
    "for size in 0, 1, 300, 1200:\n"
    "    message = bytes(i % 251 for i in range(size))\n"
    "    number, reply = call(sock, message)\n"
    "    if reply != message[::-1]:\n"
    "        sys.exit('Python got another reply than the handler wrote')\n"
    "    again = HEAD.pack(b'CALL', number, len(message)) + message\n"
    "    sock.send(again)\n"
    "    sock.settimeout(20)\n"
    "    while (got := sock.recv(2000))[4:12] != again[4:12]:\n"
    "        pass\n"
    "    if got != HEAD.pack(b'BACK', number, size) + reply:\n"
    "        sys.exit('Python asked again, and got another reply')\n";

static ssize_t backwards(const void *req, size_t len, void *rep, size_t cap,
                         void *context)
{
    (void)cap, (void)context;
    for (size_t i = 0; i < len; i++)
        ((char *)rep)[i] = ((const char *)req)[len - 1 - i];
    ++*(atomic_int *)context;
    return (ssize_t)len;
}

static void serves_python(void **state)
{
    (void)state;
    char port[16];
    atomic_int *executed = fact_shared(sizeof(*executed));

    server_begins(AF_INET);
    struct place home = place_of(server);
    snprintf(port, sizeof(port), "%d",
             ntohs(((struct sockaddr_in *)&home.it)->sin_port));
    pid_t pid = fact_fork();
    if (pid == 0)
        for (;;)
            ISLAND_CHECK(
                rpc_serve_one(server, &memory.it, backwards, executed) != -1,
                "rpc_serve_one failed with %s", name_errno(errno));
    python_end(python_start(python_client, (const int[]){-1},
                            (const char *const[]){port, NULL}));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK_EQ(*executed, 4, "Python has made four calls, and repeated each");
    munmap(executed, sizeof(*executed));
    close(server);
}

static const char python_server[] =
    "import socket, struct, sys\n"
    "\n"
    "HEAD = struct.Struct('>4sQI')\n"
    "\n"
    "def serve_one(sock, memory, handler):\n"
    "    call, client = sock.recvfrom(2000)\n"
    "    if len(call) < 16:\n"
    "        return\n"
    "    kind, number, size = HEAD.unpack(call[:16])\n"
    "    if kind != b'CALL' or size != len(call) - 16 or size > 1200:\n"
    "        return\n"
    "    last, reply = memory.get(client, (-1, b''))\n"
    "    if number < last:\n"
    "        return\n"
    "    if number > last:\n"
    "        reply = handler(call[16:])\n"
    "        memory[client] = number, reply\n"
    "    sock.sendto(HEAD.pack(b'BACK', number, len(reply)) + reply, client)\n"
    "\n"
    "executed = 0\n"
    "def handler(message):\n"
    "    global executed\n"
    "    executed += 1\n"
    "    return message[::-1]\n"
    "\n"
    "sock = socket.socket(fileno=int(sys.argv[1]))\n"
    "first = sock.recvfrom(2000)  # a loss\n"
    "memory = {}\n"
    "while executed < 4:\n"
    "    serve_one(sock, memory, handler)\n";

static void calls_python(void **state)
{
    (void)state;
    static const size_t size[] = {0, 1, 300, RPC_MAX};
    unsigned char reply[RPC_MAX];
    char number[16];

    open_ends(AF_INET);
    snprintf(number, sizeof(number), "%d", server);
    pid_t pid = python_start(python_server, (const int[]){server, -1},
                             (const char *const[]){number, NULL});
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(rpc_call(client, message(i), size[i], reply, RPC_MAX, FAR),
                 size[i], "Python has answered, after its first loss");
        for (size_t j = 0; j < size[i]; j++)
            CHECK(reply[j] == message(i)[size[i] - 1 - j],
                  "Python has sent the message back, the last byte first");
    }
    python_end(pid);
    close_ends();
}

#endif
