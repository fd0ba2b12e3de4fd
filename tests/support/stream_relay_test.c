/*
 * stream_relay_test.c — the line between a client and a server.
 */
#include "stream_relay.h"
#include "unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

static int client, server, door;
static struct stream_relay *line;

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void begin(struct stream_manners out, struct stream_manners back)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(at);

    door = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_OK(bind(door, (struct sockaddr *)&at, len), "any port");
    CHECK_OK(listen(door, 5), "a server");
    CHECK_OK(getsockname(door, (struct sockaddr *)&at, &len), "its port");
    line = stream_relay_start((struct stream_manners[2]){out, back}, &at, len);
    client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK_OK(connect(client, stream_relay_near(line, &len), len), "the relay");
    CHECK_OK(server = accept4(door, NULL, NULL, SOCK_CLOEXEC), "its other end");
}

static void end(void)
{
    stream_relay_end(line);
    close(client);
    close(server);
    close(door);
}

static ssize_t hears(int fd, char *buf, size_t n)
{
    return recv(fd, buf, n, MSG_WAITALL);
}

static void passes_both_ways_and_the_end(void **state)
{
    (void)state;
    char got[16] = "";

    begin((struct stream_manners){0}, (struct stream_manners){0});
    CHECK_EQ(send(client, "ahoy", 4, 0), 4, "out");
    CHECK_EQ(hears(server, got, 4), 4, "it arrives");
    CHECK_MEM(got, 4, "ahoy", 4, "as it was sent");
    CHECK_EQ(send(server, "aye", 3, 0), 3, "back");
    CHECK_EQ(hears(client, got, 3), 3, "it arrives");
    CHECK_OK(shutdown(client, SHUT_WR), "the client has said all");
    CHECK_EQ(hears(server, got, 4), 0, "the end arrives");
    CHECK_EQ(send(server, "!", 1, 0), 1, "the other way is open");
    CHECK_EQ(hears(client, got, 1), 1, "it arrives");
    close(server);
    server = -1;
    CHECK_EQ(hears(client, got, 1), 0, "and the other end");
    end();
}

static void cuts_into_pieces(void **state)
{
    (void)state;
    char got[32];
    int reads = 0;
    ssize_t n, all = 0;

    begin((struct stream_manners){.piece = 3, .delay_ms = 10},
          (struct stream_manners){0});
    int64_t start = now_ms();
    CHECK_EQ(send(client, "abcdefghijklmnopqrst", 20, 0), 20, "twenty bytes");
    for (; all < 20; all += n, reads++) {
        n = recv(server, got + all, sizeof(got) - (size_t)all, 0);
        CHECK(n > 0, "they come");
    }
    CHECK(now_ms() - start >= 60, "seven pieces, each held back for 10 ms");
    CHECK_MEM(got, 20, "abcdefghijklmnopqrst", 20, "in order");
    CHECK(reads > 1, "not all at once");
    end();
}

static void falls_silent(void **state)
{
    (void)state;
    char got[16];
    struct pollfd p;

    begin((struct stream_manners){.silent_from = 4},
          (struct stream_manners){0});
    CHECK_EQ(send(client, "abcdef", 6, 0), 6, "six bytes");
    CHECK_EQ(hears(server, got, 3), 3, "three arrive");
    close(client);
    client = -1;
    p = (struct pollfd){.fd = server, .events = POLLIN};
    CHECK_EQ(poll(&p, 1, 50), 0, "neither the others nor the end");
    end();
}

static void is_reset(void **state)
{
    (void)state;
    char got[16];

    begin((struct stream_manners){0}, (struct stream_manners){.reset_at = 4});
    CHECK_EQ(send(server, "abcdef", 6, 0), 6, "six bytes");
    CHECK_EQ(hears(client, got, 3), 3, "three arrive");
    CHECK_ERRNO(recv(client, got, 3, 0), ECONNRESET, "and then none");
    CHECK_ERRNO(recv(server, got, 3, 0), ECONNRESET, "nor the other way");
    end();
}

static void carries_much(void **state)
{
    (void)state;
    static char much[300000], got[300000];
    pid_t pid;

    for (size_t i = 0; i < sizeof(much); i++)
        much[i] = (char)(i * 7 + i / 256);
    begin((struct stream_manners){.piece = 1000}, (struct stream_manners){0});
    pid = fact_fork();
    if (pid == 0) {
        for (size_t n = 0; n < sizeof(much);) {
            ssize_t sent = send(client, much + n, sizeof(much) - n, 0);
            n += sent > 0 ? (size_t)sent : sizeof(much);
        }
        _exit(0);
    }
    CHECK_EQ(hears(server, got, sizeof(got)), sizeof(got), "all of it");
    CHECK_MEM(got, sizeof(got), much, sizeof(much), "in order");
    waitpid(pid, NULL, 0);
    end();
}

static const struct CMUnitTest facts[] = {
    FACT(passes_both_ways_and_the_end),
    FACT(cuts_into_pieces),
    FACT(falls_silent),
    FACT(is_reset),
    FACT(carries_much),
};
EXERCISE("support/stream_relay", "tests/support/stream_relay.h", facts)
