/*
 * harbour_facts.h — a harbour, its pilot and the crews that come to it.
 *
 * harbour_serve runs in the test's process, with the handler below. Clients
 * are other processes: crew(life) starts one, and when the last crew has come
 * home, stop_fd becomes readable. A crew that is not content says so with
 * EXPECT: the first such sentence is kept in shared memory, the server is
 * stopped, and serve() fails with it.
 *
 * A request of at least HEAD bytes says what shall become of it, and how long
 * the reply shall be; bytes are made from the request's number, so that a
 * lost, shifted or doubled one shows.
 */
#ifndef HARBOUR_FACTS_H
#define HARBOUR_FACTS_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "belongings.h"
#include "fact.h"
#include "harbour.h"

enum {
    KIB = 1024,
    HEAD = 8, /* what, -, number (2), length of the reply (4) */
    MOST = 64 * KIB,
    LONG_MS = 20000, /* nobody has to wait so long */
    CREWS = 8
};

/* ---- what all processes see --------------------------------------------- */

struct shared {
    atomic_bool failed;
    char why[400];
    atomic_int at_sea;   /* crews that have not come home */
    atomic_int calls;    /* of the handler */
    atomic_int busy;     /* handlers running */
    atomic_long made;    /* bytes of replies, with their lengths */
    atomic_long memory;  /* bytes, when a request asked for it */
    atomic_long stopped; /* when stop_fd was made ready, in ms */
    atomic_int note;
    struct gate *held;   /* a handler is held here … */
    struct gate *go_on;  /* … until this is opened */
    struct gate *closed; /* opened when harbour_serve has returned */
};

static struct shared *shared;
static struct {
    int family, listener, stop[2];
    struct sockaddr_storage at;
    socklen_t length;
    pid_t crew[CREWS];
    int crews;
    const char *doing; /* in a crew */
    bool is_crew;
    const struct harbour *how;
    bool early; /* it returned before stop_fd was ready */
} port;

static long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000L + t.tv_nsec / 1000000;
}

static void stop_the_server(void)
{
    long none = 0;

    atomic_compare_exchange_strong(&shared->stopped, &none, now_ms());
    if (write(port.stop[1], "!", 1) == -1)
        return; /* it is full of them, or has been hung up */
}

static void complain(const char *format, ...) SAYS(1, 2);
static void complain(const char *format, ...)
{
    va_list list;

    if (!atomic_exchange(&shared->failed, true)) {
        va_start(list, format);
        vsnprintf(shared->why, sizeof(shared->why), format, list);
        va_end(list);
        IF_STUCK("%s", shared->why);
    }
    gate_open(shared->go_on);
    stop_the_server();
    if (port.is_crew)
        _exit(1);
}

#define EXPECT(cond, ...)                                                      \
    do {                                                                       \
        if (!(cond))                                                           \
            complain(__VA_ARGS__);                                             \
    } while (0)

/* ---- bytes -------------------------------------------------------------- */

enum { LONGEST = 1 << 20, PERIOD = 4099 };

/* Those of a number begin at another place of one long row. */
static const unsigned char *bytes_of(int number)
{
    static unsigned char row[LONGEST + PERIOD];

    if (row[1] == 0)
        for (size_t i = 0; i < sizeof(row); i++)
            row[i] = (unsigned char)(i * 7 + i / 64 + i / PERIOD);
    return row + number * 31 % PERIOD;
}

/* The first wrong byte, or n. */
static size_t same_until(const unsigned char *bytes, size_t n, int number)
{
    const unsigned char *want = bytes_of(number);
    size_t i = 0;

    if (memcmp(bytes, want, n) == 0)
        return n;
    while (bytes[i] == want[i])
        i++;
    return i;
}

/* ---- the pilot ---------------------------------------------------------- */

/* What a request asks for. */
enum what {
    ECHO = 'e',  /* nothing more */
    END = 'x',   /* -1 */
    HOLD = 'h',  /* not to go on until shared->go_on */
    STOP = 's',  /* that stop_fd becomes ready */
    WEIGH = 'w', /* how much memory the server has */
    NOTE = 'n',  /* the number of calls at this moment, in shared->note */
};

/* What a fact wants to do in the handler beside. */
static void (*meanwhile)(enum what, int number);

static void do_as_asked(enum what what, int number)
{
    if (what == HOLD) {
        gate_open(shared->held);
        gate_wait(shared->go_on);
    }
    if (what == STOP)
        stop_the_server();
    if (what == WEIGH)
        shared->memory = (long)(memory_left().bytes + mappings_left().bytes);
    if (what == NOTE)
        shared->note = shared->calls;
    if (meanwhile)
        meanwhile(what, number);
}

static ssize_t pilot(const void *request, size_t len, void *reply, size_t cap,
                     void *context)
{
    const unsigned char *bytes = request;
    uint32_t size = 0;
    int number = 0;

    shared->calls++;
    EXPECT(shared->busy++ == 0, "two handlers were running at once: it is "
                                "called for one request after another");
    EXPECT(context == &port, "the handler has to get options->context");
    EXPECT(cap == port.how->max_reply,
           "the handler has to get options->max_reply as cap");
    EXPECT(len <= port.how->max_request,
           "the handler got a request of %zu bytes, and max_request is %zu",
           len, port.how->max_request);
    memset(reply, 0x99, cap); /* it may use all of it */
    if (len >= HEAD) {
        number = bytes[2] << 8 | bytes[3];
        memcpy(&size, bytes + 4, 4);
        do_as_asked((enum what)bytes[0], number);
        size_t right = same_until(bytes + HEAD, len - HEAD, number);
        EXPECT(right == len - HEAD,
               "the handler got a request with a wrong byte (byte %zu of "
               "%zu, in request %d): bytes are lost, doubled or mixed up "
               "between two reads, or the request was overwritten",
               right + HEAD, len, number);
    }
    shared->busy--;
    if ((len >= HEAD && bytes[0] == END) || size > cap)
        return -1;
    memcpy(reply, bytes_of(number), size);
    shared->made += 4 + (long)size;
    return size;
}

static const struct harbour usual = {
    .handle = pilot,
    .context = &port,
    .max_request = MOST,
    .max_reply = MOST,
    .max_pending = 256 * KIB,
    .max_connections = 100,
    .idle_ms = -1,
    .grace_ms = LONG_MS,
};

/* ---- the harbour -------------------------------------------------------- */

static void address(void)
{
    struct sockaddr_in *in = (struct sockaddr_in *)&port.at;

    memset(&port.at, 0, sizeof(port.at));
    port.at.ss_family = (sa_family_t)port.family;
    port.length = sizeof(sa_family_t); /* the kernel chooses a name */
    if (port.family == AF_INET) {
        in->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        port.length = sizeof(*in);
    }
}

static void open_harbour_as(int family, int backlog)
{
    port.family = family;
    address();
    port.listener = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(port.listener, (struct sockaddr *)&port.at, port.length) == -1 ||
        listen(port.listener, backlog) == -1 ||
        pipe2(port.stop, O_CLOEXEC | O_NONBLOCK) == -1)
        FAIL_TEST("the test itself could not make a listener");
    fcntl(port.stop[0], F_SETFL, 0);
    port.length = sizeof(port.at);
    getsockname(port.listener, (struct sockaddr *)&port.at, &port.length);
    shared = fact_shared(sizeof(*shared));
    shared->held = gate_new(2);
    shared->go_on = gate_new(1 << 20);
    shared->closed = gate_new(1 << 20);
    bytes_of(0);
    port.crews = 0;
    meanwhile = NULL;
    STEP("a listener of %s", family == AF_UNIX ? "local sockets" : "TCP");
}

static void open_harbour(int family)
{
    open_harbour_as(family, 4096);
}

static void close_harbour(void)
{
    close(port.listener);
    close(port.stop[0]);
    close(port.stop[1]);
}

/* ---- serving ------------------------------------------------------------ */

static int serve_with(const struct harbour *how)
{
    int of_listener = fcntl(port.listener, F_GETFL);
    int of_stop = fcntl(port.stop[0], F_GETFL);

    port.how = how;
    errno = 0;
    int rc = harbour_serve(port.listener, port.stop[0], how), error = errno;
    port.early = shared->stopped == 0;
    gate_open(shared->closed);
    errno = error;
    CHECK(rc == 0 || rc == -1, "harbour_serve returns 0 or -1");
    CHECK(fcntl(port.listener, F_GETFL) == of_listener,
          "listener is the caller's: who makes it non-blocking puts its flags "
          "back, on every way out");
    CHECK(fcntl(port.stop[0], F_GETFL) == of_stop,
          "stop_fd is the caller's: its flags stay as they are");
    errno = error;
    return rc;
}

/* No client may be left in the backlog, or a crew might wait there. */
static void fetch_crews_home(void)
{
    close(port.listener);
    while (port.crews > 0)
        waitpid(port.crew[--port.crews], NULL, 0);
}

static void serve_as(const struct harbour *how)
{
    int rc = serve_with(how), error = errno;

    if (rc == -1) {
        errno = error;
        CHECK_OK(rc, "nothing is wrong: it serves until stop_fd is ready, and "
                     "returns 0 then");
    }
    CHECK(!port.early,
          "harbour_serve has returned although stop_fd is not ready: it serves "
          "until then, also when the last client has left");
    fetch_crews_home();
    if (shared->failed)
        FAIL_TEST("%s", shared->why);
    close(port.stop[0]);
    close(port.stop[1]);
}

static void serve(void)
{
    serve_as(&usual);
}

/* ---- crews -------------------------------------------------------------- */

static void too_long(int sig)
{
    (void)sig;
    complain("a client has waited for half a minute: %s",
             port.doing ? port.doing : "for nothing");
}

static void come_home(void)
{
    if (--shared->at_sea == 0)
        stop_the_server();
    _exit(0);
}

static void crew(void (*life)(void))
{
    shared->at_sea++;
    pid_t pid = fact_fork();
    if (pid != 0) {
        port.crew[port.crews++] = pid;
        return;
    }
    port.is_crew = true;
    close(port.stop[0]);
    close(port.listener);
    signal(SIGALRM, too_long);
    alarm(LONG_MS / 1000 + 10);
    life();
    come_home();
}

static int try_to_dock(void)
{
    int fd = socket(port.family, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (connect(fd, (struct sockaddr *)&port.at, port.length) == -1) {
        close(fd);
        return -1;
    }
    return fd;
}

static int dock(void)
{
    port.doing = "to be let in";
    int fd = try_to_dock();
    EXPECT(fd != -1, "a client could not connect (%s)", name_errno(errno));
    return fd;
}

static void put(int fd, const void *bytes, size_t n)
{
    const char *from = bytes;

    port.doing = "to send a request";
    for (size_t done = 0; done < n;) {
        ssize_t k = send(fd, from + done, n - done, MSG_NOSIGNAL);
        EXPECT(k > 0,
               "a client could not send its request (%s): its connection was "
               "ended, and it had done nothing wrong",
               name_errno(errno));
        done += k > 0 ? (size_t)k : n;
    }
}

/* A request's frame; its size with the length. */
static size_t frame(unsigned char *to, enum what what, int number, size_t len,
                    size_t reply)
{
    uint32_t size = htonl((uint32_t)len), wanted = (uint32_t)reply;
    unsigned char head[HEAD] = {(unsigned char)what, 0,
                                (unsigned char)(number >> 8),
                                (unsigned char)number};

    memcpy(head + 4, &wanted, 4);
    memcpy(to, &size, 4);
    memcpy(to + 4, head, len < HEAD ? len : HEAD);
    if (len > HEAD)
        memcpy(to + 4 + HEAD, bytes_of(number), len - HEAD);
    return 4 + len;
}

static void ask_for(int fd, enum what what, int number, size_t len,
                    size_t reply)
{
    static unsigned char bytes[4 + LONGEST];

    put(fd, bytes, frame(bytes, what, number, len, reply));
}

static void ask(int fd, int number, size_t len, size_t reply)
{
    ask_for(fd, ECHO, number, len, reply);
}

/* n bytes, or fewer at the end of the stream. */
static size_t get(int fd, void *bytes, size_t n)
{
    size_t done = 0;
    ssize_t k = 1;

    while (done < n && (k = recv(fd, (char *)bytes + done, n - done, 0)) > 0)
        done += (size_t)k;
    return done;
}

/* The next reply has to be the one to this request. */
static void hear(int fd, int number, size_t reply)
{
    static unsigned char bytes[LONGEST];
    uint32_t size = 0;

    port.doing = "for a reply";
    size_t n = get(fd, &size, 4);
    EXPECT(n == 4,
           "a client waited for the reply to its request %d, and the "
           "connection ended before it%s",
           number, shared->stopped ? ", at the stop" : "");
    size = ntohl(size);
    EXPECT(size == reply,
           "the reply to request %d has %zu bytes, and its frame says %u: a "
           "frame is the length in 4 bytes, big-endian, and then just so many "
           "bytes; replies come in the order of the requests",
           number, reply, size);
    n = get(fd, bytes, reply);
    EXPECT(n == reply,
           "the connection ended inside the reply to request %d, after %zu of "
           "%zu bytes%s: what is answered is sent to the last byte",
           number, n, reply, shared->stopped ? ", at the stop" : "");
    n = same_until(bytes, reply, number);
    EXPECT(n == reply,
           "byte %zu of the reply to request %d is wrong: replies come whole, "
           "and in the order of the requests",
           n, number);
}

static void talk(int fd, int number, size_t len, size_t reply)
{
    ask(fd, number, len, reply);
    hear(fd, number, reply);
}

/* The connection has to end, with nothing before. A reset is an end, too. */
static void hear_the_end(int fd, const char *why)
{
    char byte;

    port.doing = why;
    ssize_t n = recv(fd, &byte, 1, 0);
    EXPECT(n <= 0, "a client got a byte where the end was due: %s", why);
}

/* Until the server has read what was sent, or cannot be expected to. */
static void until_taken(int fd)
{
    int waits = 1;

    for (int i = 0; i < 200 && waits > 0; i++) {
        if (ioctl(fd, SIOCOUTQ, &waits) == -1 || waits == 0)
            return;
        moment();
    }
}

static void until_server_sleeps(void)
{
    for (int i = 0; i < 500 && !asleep(getppid()); i++)
        moment();
}

/* Room for so many descriptors; how many there are. */
static int descriptors(int wanted)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur < (rlim_t)wanted) {
        limit.rlim_cur =
            limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return limit.rlim_cur < (rlim_t)wanted ? (int)limit.rlim_cur : wanted;
}

#endif
