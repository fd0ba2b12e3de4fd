/*
 * page_sockets_test.c — which two sockets are one connection: the logbook's
 * answer, against where a byte comes out.
 */
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

LEARNER(socket);
LEARNER(listen);
LEARNER(sendmsg);
LEARNER(recvmsg);
/* Their types are transparent unions with _GNU_SOURCE. */
int sea_bind(int, const struct sockaddr *, socklen_t);
int sea_connect(int, const struct sockaddr *, socklen_t);
int sea_accept(int, struct sockaddr *, socklen_t *);
ssize_t sea_sendto(int, const void *, size_t, int, const struct sockaddr *,
                   socklen_t);

static uint64_t object(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Three clients of one listener: each with the one its byte comes from. */
static void compare(int listener, const void *address, socklen_t length,
                    int domain)
{
    int client[3], server[3];
    char c;

    for (int i = 0; i < 3; i++) {
        client[i] = sea_socket(domain, SOCK_STREAM, 0);
        CHECK_OK(sea_connect(client[i], address, length), "it connects");
        CHECK_EQ(write(client[i], &"012"[i], 1), 1, "its byte");
    }
    for (int i = 0; i < 3; i++) {
        server[i] = sea_accept(listener, NULL, NULL);
        CHECK_EQ(read(server[i], &c, 1), 1, "a byte comes out");
        CHECK(page_peer(page, object(server[i])) == object(client[c - '0']),
              "the accepted socket's other end");
        CHECK(page_peer(page, object(client[c - '0'])) == object(server[i]),
              "and the other way round");
    }
    for (int i = 0; i < 3; i++) {
        close(client[i]);
        close(server[i]);
    }
    CHECK(page_peer(page, object(listener)) == 0, "a listener has none");
    close(listener);
}

static void unix_connections_are_matched(void **state)
{
    static const struct sockaddr_un door = {AF_UNIX, "door"};
    int listener = sea_socket(AF_UNIX, SOCK_STREAM, 0);

    (void)state;
    CHECK_OK(sea_bind(listener, (const struct sockaddr *)&door, sizeof(door)),
             "a name");
    CHECK_OK(sea_listen(listener, 4), "open");
    compare(listener, &door, sizeof(door), AF_UNIX);
    unlink("door");
}

/* At any free port: of both kinds of IP if `both`; IPv4's address of it. */
static int listen_ip(bool both, struct sockaddr_in *four)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6};
    socklen_t length = sizeof(*four), length6 = sizeof(six);
    int fd = sea_socket(both ? AF_INET6 : AF_INET, SOCK_STREAM, 0);

    *four = (struct sockaddr_in){.sin_family = AF_INET};
    four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || (both && sea_bind(fd, (struct sockaddr *)&six, length6) < 0))
        return -1;
    if (!both)
        CHECK_OK(sea_bind(fd, (struct sockaddr *)four, length), "a port");
    CHECK_OK(sea_listen(fd, 4), "open");
    getsockname(fd, both ? (struct sockaddr *)&six : (struct sockaddr *)four,
                both ? &length6 : &length);
    if (both)
        four->sin_port = six.sin6_port;
    return fd;
}

static void tcp_connections_are_matched(void **state)
{
    struct sockaddr_in four;
    int listener = listen_ip(false, &four);

    (void)state;
    compare(listener, &four, sizeof(four), AF_INET);
}

static void ipv4_comes_to_a_listener_of_ipv6(void **state)
{
    struct sockaddr_in four;
    int listener = listen_ip(true, &four);

    (void)state;
    if (listener >= 0) /* where there is IPv6 */
        compare(listener, &four, sizeof(four), AF_INET);
}

/* It may be told at once that it goes on; the address is known by then. */
static void a_connection_in_the_making_is_matched(void **state)
{
    struct sockaddr_in four;
    int listener = listen_ip(false, &four), client, server;

    (void)state;
    client = sea_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (sea_connect(client, (struct sockaddr *)&four, sizeof(four)) < 0)
        CHECK_EQ(errno, EINPROGRESS, "it goes on");
    server = sea_accept(listener, NULL, NULL);
    CHECK(page_peer(page, object(server)) == object(client), "its other end");
    close(client);
    close(server);
    close(listener);
}

/* Only a copy of what the kernel could read is noted. */
static void a_wrong_pointer_does_no_harm(void **state)
{
    int fd = sea_socket(AF_UNIX, SOCK_STREAM, 0);
    void *nowhere = (void *)8;

    (void)state;
    CHECK_ERRNO(sea_connect(fd, nowhere, 16), EFAULT, "an address");
    CHECK_ERRNO(sea_bind(fd, nowhere, 16), EFAULT, "an address");
    CHECK_ERRNO(sea_sendto(fd, "x", 1, MSG_NOSIGNAL, nowhere, 16), EFAULT,
                "an address");
    CHECK_ERRNO(sea_sendmsg(fd, nowhere, MSG_NOSIGNAL), EFAULT, "a message");
    CHECK_ERRNO(sea_recvmsg(fd, nowhere, 0), EFAULT, "a message");
    close(fd);
}

static void addresses_are_written_as_people_do(void **state)
{
    struct page_address a = {.length = 7};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(80)};
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    char text[136];

    (void)state;
    six.sin6_addr.s6_addr[15] = 1;
    memcpy(a.bytes, &six, a.length = sizeof(six));
    CHECK(strcmp(page_address(&a, text, sizeof(text)), "[::1]:80") == 0,
          "IPv6: %s", text);
    memcpy(un.sun_path, "\0a\0b", 4);
    memcpy(a.bytes, &un, a.length = sizeof(sa_family_t) + 4);
    CHECK(strcmp(page_address(&a, text, sizeof(text)), "@a@b") == 0,
          "abstract: %s", text);
    a.length = sizeof(sa_family_t);
    CHECK(*page_address(&a, text, sizeof(text)) == '\0', "unnamed: %s", text);
    memset(un.sun_path, 'x', sizeof(un.sun_path));
    memcpy(a.bytes, &un, a.length = sizeof(un));
    CHECK_EQ(strlen(page_address(&a, text, sizeof(text))), 108, "the longest");
}

static const struct CMUnitTest facts[] = {
    FACT(unix_connections_are_matched),
    FACT(tcp_connections_are_matched),
    FACT(ipv4_comes_to_a_listener_of_ipv6),
    FACT(a_connection_in_the_making_is_matched),
    FACT(a_wrong_pointer_does_no_harm),
    FACT(addresses_are_written_as_people_do),
};
EXERCISE("support/page_sockets", "unix(7), tcp(7)", facts)
