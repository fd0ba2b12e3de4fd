/*
 * hosts_test.c — two machines, a cable, and nothing left of them.
 */
#include "hosts.h"
#include "unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

static const int families[] = {AF_INET, AF_INET6};

static void begin_two(void)
{
    if (hosts_begin())
        return;
    hosts_end();
    SKIP_TEST("two machines: %s", page->proved);
}

static struct sockaddr_storage at;
static socklen_t at_len;

static void address(int host, int family, in_port_t port)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)&at;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&at;
    const char *text = host_address(host, family);

    memset(&at, 0, sizeof(at));
    at_len = family == AF_INET ? sizeof(*v4) : sizeof(*v6);
    at.ss_family = (sa_family_t)family;
    v4->sin_port = port; /* at the same place in both */
    inet_pton(family, text,
              family == AF_INET ? (void *)&v4->sin_addr
                                : (void *)&v6->sin6_addr);
}

/* A socket on that host, at a port of its own; `at` says where. */
static int socket_on(int host, int family, int type)
{
    host_enter(host);
    int fd = socket(family, type | SOCK_CLOEXEC, 0);
    address(host, family, 0);
    CHECK_OK(bind(fd, (struct sockaddr *)&at, at_len), "the host's address");
    CHECK_OK(getsockname(fd, (struct sockaddr *)&at, &at_len), "its port");
    host_enter(0);
    return fd;
}

static bool arrives(int fd, int ms)
{
    struct pollfd arrival = {.fd = fd, .events = POLLIN};
    char byte;

    return poll(&arrival, 1, ms) == 1 && recv(fd, &byte, 1, 0) == 1;
}

static void two_or_why_not(void **state)
{
    (void)state;
    bool two = hosts_begin();

    CHECK_EQ(hosts_are_two(), two, "it says so");
    CHECK(strstr(page->proved, two ? "two machines" : "one machine"),
          "beside the result it is told: %s", page->proved);
    CHECK(host_address(0, AF_INET), "every machine here has IPv4");
    CHECK_EQ(strcmp(host_address(0, AF_INET), host_address(1, AF_INET)) != 0,
             two, "two machines have two addresses");
    hosts_end();
    CHECK(!hosts_are_two(), "they are gone");
}

static void both_families_cross_the_cable(void **state)
{
    (void)state;
    begin_two();
    for (int i = 0; i < 2; i++) {
        if (!host_address(1, families[i]))
            continue;
        int door = socket_on(1, families[i], SOCK_STREAM);
        CHECK_OK(listen(door, 1), "a server on host 1");
        int fd = socket(families[i], SOCK_STREAM | SOCK_CLOEXEC, 0);
        CHECK_OK(connect(fd, (struct sockaddr *)&at, at_len),
                 "host 0 reaches it");
        close(fd);
        close(door);
    }
    hosts_end();
}

static void their_loopbacks_are_two(void **state)
{
    (void)state;
    begin_two();
    int door = socket_on(1, AF_INET, SOCK_STREAM);
    CHECK_OK(listen(door, 1), "a server on host 1");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ((struct sockaddr_in *)&at)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK_ERRNO(connect(fd, (struct sockaddr *)&at, at_len), ECONNREFUSED,
                "host 0's loopback is alive and leads nowhere else");
    close(fd);
    close(door);
    hosts_end();
}

static void a_child_may_be_on_the_other(void **state)
{
    (void)state;
    int status;

    begin_two();
    pid_t pid = host_fork(1);
    if (pid == 0) {
        int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        address(1, AF_INET, 0);
        _exit(bind(fd, (struct sockaddr *)&at, at_len) == 0 ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    CHECK_STATUS(status, EXITED(0), "host 1's address is its own");
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address(1, AF_INET, 0);
    CHECK_ERRNO(bind(fd, (struct sockaddr *)&at, at_len), EADDRNOTAVAIL,
                "and here is host 0");
    close(fd);
    hosts_end();
}

static void a_pulled_cable_says_nothing(void **state)
{
    (void)state;
    begin_two();
    for (int i = 0; i < 2; i++) {
        if (!host_address(1, families[i]))
            continue;
        int from = socket_on(0, families[i], SOCK_DGRAM);
        int to = socket_on(1, families[i], SOCK_DGRAM);
        CHECK_OK(connect(from, (struct sockaddr *)&at, at_len), "a peer");
        CHECK(cable_pull(), "there is one");
        for (int n = 0; n < 20; n++)
            CHECK_EQ(send(from, "a", 1, 0), 1, "nobody notices");
        CHECK(!arrives(to, 50), "nothing comes through");
        CHECK(cable_plug(), "there is one");
        CHECK_EQ(send(from, "b", 1, 0), 1, "nobody has noticed");
        CHECK(arrives(to, 10000), "now it does");
        close(from);
        close(to);
    }
    hosts_end();
}

static void the_way_back_is_pulled_too(void **state)
{
    (void)state;
    begin_two();
    int to = socket_on(0, AF_INET, SOCK_DGRAM);
    int from = socket_on(1, AF_INET, SOCK_DGRAM);
    address(0, AF_INET, 0);
    CHECK_OK(getsockname(to, (struct sockaddr *)&at, &at_len), "its port");
    CHECK(cable_pull(), "there is one");
    CHECK_EQ(sendto(from, "a", 1, 0, (struct sockaddr *)&at, at_len), 1,
             "nobody notices");
    CHECK(!arrives(to, 50), "nothing comes through");
    CHECK(cable_plug(), "there is one");
    CHECK_EQ(sendto(from, "b", 1, 0, (struct sockaddr *)&at, at_len), 1,
             "nobody has noticed");
    CHECK(arrives(to, 10000), "now it does");
    close(from);
    close(to);
    hosts_end();
}

static void one_machine_has_no_cable(void **state)
{
    (void)state;
    CHECK(!cable_pull() && !cable_plug() && !cable_manners("delay 1ms"),
          "nothing to pull");
}

static void manners_or_false(void **state)
{
    (void)state;
    begin_two();
    if (cable_manners("delay 1ms"))
        CHECK(cable_manners(""), "what was given can be taken back");
    hosts_end();
}

/* /proc/self/ns/net, as a number. */
static ino_t network(void)
{
    struct stat st = {0};

    stat("/proc/self/ns/net", &st);
    return st.st_ino;
}

static void it_is_back_in_the_end(void **state)
{
    (void)state;
    ino_t home = network();

    begin_two();
    CHECK(network() != home, "on host 0");
    CHECK(hosts_begin(), "again, without an end before");
    hosts_end();
    if (geteuid() == 0)
        CHECK_EQ(network(), home, "back on the machine it came from");
}

static void files_are_made_as_before(void **state)
{
    (void)state;
    struct stat st;

    begin_two();
    int fd = open("file", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    CHECK_OK(fd, "the working directory is the test's own");
    CHECK_OK(fstat(fd, &st), "it is there");
    CHECK_EQ(st.st_uid, getuid(), "the user is the same");
    close(fd);
    unlink("file");
    hosts_end();
}

static const struct CMUnitTest facts[] = {
    FACT(one_machine_has_no_cable),      FACT(two_or_why_not),
    FACT(both_families_cross_the_cable), FACT(their_loopbacks_are_two),
    FACT(a_child_may_be_on_the_other),   FACT(a_pulled_cable_says_nothing),
    FACT(the_way_back_is_pulled_too),    FACT(manners_or_false),
    FACT(it_is_back_in_the_end),         FACT(files_are_made_as_before),
};
EXERCISE("support/hosts", "tests/support/hosts.h", facts)
