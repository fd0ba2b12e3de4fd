/*
 * relay_test.c — what a relay does to datagrams, and that its seed decides.
 */
#include "relay.h"
#include "unit.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/un.h>

enum { MANY = 400, SIZE = 20 };

static int near, far;
static struct sockaddr_storage near_name, far_name;
static socklen_t near_len, far_len;
static struct relay *sea;

static int bound(int family, struct sockaddr_storage *name, socklen_t *len)
{
    struct sockaddr_in in = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}, {0}};
    struct sockaddr_un un = {AF_UNIX, ""};
    bool ip = family == AF_INET;
    int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    CHECK_OK(bind(fd, ip ? (void *)&in : (void *)&un,
                  ip ? sizeof(in) : sizeof(sa_family_t)),
             "an address that the kernel chooses");
    *len = sizeof(*name);
    getsockname(fd, (struct sockaddr *)name, len);
    return fd;
}

static void begin(int family, const struct relay_weather *weather)
{
    socklen_t len;

    near = bound(family, &near_name, &near_len);
    far = bound(family, &far_name, &far_len);
    sea = relay_start(weather, &far_name, far_len, 1);
    const struct sockaddr *to = relay_near(sea, 0, &len);
    CHECK_OK(connect(near, to, len), "the client sends to the relay");
}

static void end(void)
{
    relay_end(sea);
    close(near);
    close(far);
}

/* The kth of SIZE bytes: k, and then bytes that all differ from zero. */
static void send_kth(int k)
{
    unsigned char bytes[SIZE];

    memset(bytes, 'x', sizeof(bytes));
    memcpy(bytes, &k, sizeof(k));
    CHECK_EQ(send(near, bytes, SIZE, 0), SIZE, "loopback takes it");
}

/* What is there, in the order it came: which, and how long. */
struct arrival {
    int k, n;
    bool changed;
};

static int arrivals(int fd, struct arrival *list, int most)
{
    unsigned char bytes[RELAY_LONGEST];
    int count = 0;
    ssize_t n;

    while (count < most &&
           (n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0) {
        struct arrival *a = &list[count++];
        *a = (struct arrival){.k = -1, .n = (int)n};
        if (n >= (ssize_t)sizeof(a->k))
            memcpy(&a->k, bytes, sizeof(a->k));
        for (int i = 4; i < (int)n && i < SIZE; i++)
            a->changed |= bytes[i] != 'x';
    }
    return count;
}

/* Sends MANY in this weather, some at a time; how many arrived? */
static int through(struct relay_weather weather, int at_a_time,
                   struct arrival *list, struct relay_count *count)
{
    int there = 0;

    begin(AF_INET, &weather);
    for (int k = 1; k <= MANY; k++) {
        send_kth(k);
        if (k % at_a_time != 0)
            continue;
        relay_until(sea, RELAY_OUT, k); /* a socket holds some 270 of them */
        there += arrivals(far, list + there, 2 * MANY - there);
    }
    *count = relay_counts(sea, RELAY_OUT);
    CHECK_EQ(count->came, MANY, "all have come to the relay");
    CHECK_EQ(count->passed, there, "what it says it has passed on is there");
    end();
    return there;
}

static struct arrival got[2 * MANY], again[2 * MANY];
static struct relay_count count;

static void carries_everything_in_fair_weather(void **state)
{
    (void)state;
    CHECK_EQ(through((struct relay_weather){0}, 50, got, &count), MANY,
             "nothing is lost");
    for (int i = 0; i < MANY; i++)
        CHECK(got[i].k == i + 1 && got[i].n == SIZE && !got[i].changed,
              "nothing is changed, and all come in order");
}

static void carries_answers_back(void **state)
{
    (void)state;
    static const int family[] = {AF_INET, AF_UNIX};

    for (int i = 0; i < 2; i++) {
        char bytes[8];
        struct sockaddr_storage from;
        socklen_t len = sizeof(from);

        begin(family[i], &(struct relay_weather){0});
        CHECK_EQ(send(near, "there", 5, 0), 5, "to the relay");
        CHECK_EQ(recvfrom(far, bytes, 8, 0, (struct sockaddr *)&from, &len), 5,
                 "it comes from the flow's own address");
        CHECK_EQ(sendto(far, "back", 4, 0, (struct sockaddr *)&from, len), 4,
                 "an answer to where it came from");
        CHECK_EQ(recv(near, bytes, 8, 0), 4, "it comes back to the client");
        CHECK_MEM(bytes, 4, "back", 4, "as it was");
        end();
    }
}

static void the_seed_decides_whatever_the_timing(void **state)
{
    (void)state;
    const struct relay_weather w = {
        .seed = 7, .lost = 300, .doubled = 100, .cut = 50, .flipped = 50};
    struct relay_weather other = w;
    int n = through(w, 40, got, &count), same = 0;

    CHECK_EQ(through(w, 1, again, &count), n, "the same seed, another timing");
    CHECK(memcmp(got, again, (size_t)n * sizeof(*got)) == 0,
          "the kth datagram has the same fate");
    other.seed = 8;
    int m = through(other, 40, again, &count);
    for (int i = 0; i < n && i < m; i++)
        same += got[i].k == again[i].k;
    CHECK(same < n / 2, "another seed is another sea: %d of %d the same", same,
          n);
}

static void loses_about_as_many_as_it_should(void **state)
{
    (void)state;
    int n = through((struct relay_weather){.lost = 300}, 50, got, &count);

    CHECK_EQ(count.lost, MANY - n, "it counts what it loses");
    CHECK(count.lost > 60 && count.lost < 180, "300 of 1000: %d", count.lost);
}

static void doubles_and_each_copy_has_its_own_fate(void **state)
{
    (void)state;
    int n = through((struct relay_weather){.doubled = 250}, 50, got, &count);

    CHECK_EQ(n, MANY + count.doubled, "copies arrive beside the first ones");
    CHECK(count.doubled > 50 && count.doubled < 150, "%d", count.doubled);
    n = through((struct relay_weather){.doubled = 1000, .lost = 500}, 50, got,
                &count);
    int once = 0;
    for (int i = 0; i < n; i++)
        once += !(i > 0 && got[i - 1].k == got[i].k) &&
                !(i + 1 < n && got[i + 1].k == got[i].k);
    CHECK(once > 100, "where one of two is lost, the other one may arrive");
}

static void lets_some_overtake_and_loses_none(void **state)
{
    (void)state;
    int later = 0, furthest = 0;
    int n = through((struct relay_weather){.overtaken = 200, .behind = 3}, 50,
                    got, &count);

    CHECK_EQ(n, MANY, "all of them arrive in the end");
    for (int i = 0; i < n; i++) {
        int late = i + 1 - got[i].k;
        later += late > 0;
        furthest = late > furthest ? late : furthest;
    }
    CHECK(later > 20, "some come later than they were sent: %d", later);
    CHECK(furthest <= 3, "but are overtaken by 3 at most: %d", furthest);
}

static void holds_some_for_a_time(void **state)
{
    (void)state;
    int later = 0;
    int n = through((struct relay_weather){.delayed = 200, .delay_ms = 5}, 50,
                    got, &count);

    CHECK_EQ(n, MANY, "all of them arrive in the end");
    for (int i = 0; i < n; i++)
        later += got[i].k < i + 1;
    CHECK(later > 20 && count.delayed > 40, "some later: %d", later);
}

static void cuts_extends_and_flips(void **state)
{
    (void)state;
    int n = through((struct relay_weather){.cut = 200}, 50, got, &count), m = 0;

    for (int i = 0; i < n; i++)
        m += got[i].n < SIZE;
    CHECK(m == count.cut && m > 40, "shorter ones: %d", m);
    n = through((struct relay_weather){.extended = 200}, 50, got, &count);
    for (int i = m = 0; i < n; i++)
        m += got[i].n > SIZE && got[i].n <= SIZE + 64;
    CHECK(m == count.extended && m > 40, "longer ones: %d", m);
    n = through((struct relay_weather){.resized = 200, .length_at = 8}, 50, got,
                &count);
    for (int i = m = 0; i < n; i++)
        m += got[i].changed && got[i].n == SIZE;
    CHECK(m == count.resized && m > 40, "another length inside: %d", m);
    n = through((struct relay_weather){.flipped = 200, .flip_within = 4}, 50,
                got, &count);
    for (int i = m = 0; i < n; i++) {
        CHECK(!got[i].changed, "only the first 4 bytes are touched");
        m += got[i].k != i + 1;
    }
    CHECK(m == count.flipped && m > 40, "changed ones: %d", m);
}

static void falls_silent_when_told(void **state)
{
    (void)state;
    CHECK_EQ(
        through((struct relay_weather){.silent_after = 10}, 50, got, &count),
        10, "ten are carried, and no more");
    CHECK_EQ(count.silenced, MANY - 10, "the others are counted");
}

static void flows_do_not_disturb_each_other(void **state)
{
    (void)state;
    struct sockaddr_storage from[3];
    socklen_t len = sizeof(from[0]);
    char bytes[8];

    near = bound(AF_INET, &near_name, &near_len);
    far = bound(AF_INET, &far_name, &far_len);
    sea = relay_start(&(struct relay_weather){0}, &far_name, far_len, 3);
    for (int i = 0; i < 3; i++) {
        const struct sockaddr *to = relay_near(sea, i, &len);
        CHECK_EQ(sendto(near, "x", 1, 0, to, len), 1, "flow %d", i);
        len = sizeof(from[i]);
        CHECK_EQ(recvfrom(far, bytes, 8, 0, (struct sockaddr *)&from[i], &len),
                 1, "it arrives");
        for (int j = 0; j < i; j++)
            CHECK(memcmp(&from[i], &from[j], len) != 0,
                  "each flow has an address of its own at the far side");
    }
    end();
}

static void outlives_a_far_end_that_is_away(void **state)
{
    (void)state;
    begin(AF_INET, &(struct relay_weather){0});
    close(far);
    for (int k = 0; k < 5; k++) {
        send_kth(k);
        relay_until(sea, RELAY_OUT, k + 1);
    }
    far = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (bind(far, (struct sockaddr *)&far_name, far_len) == -1)
        SKIP_TEST("somebody else has taken the port meanwhile");
    send_kth(77);
    relay_until(sea, RELAY_OUT, 6);
    struct pollfd there = {far, POLLIN, 0};
    CHECK_EQ(poll(&there, 1, 10000), 1, "the sea is still there");
    end();
}

static const struct CMUnitTest facts[] = {
    FACT(carries_everything_in_fair_weather),
    FACT(carries_answers_back),
    FACT(the_seed_decides_whatever_the_timing),
    FACT(loses_about_as_many_as_it_should),
    FACT(doubles_and_each_copy_has_its_own_fate),
    FACT(lets_some_overtake_and_loses_none),
    FACT(holds_some_for_a_time),
    FACT(cuts_extends_and_flips),
    FACT(falls_silent_when_told),
    FACT(flows_do_not_disturb_each_other),
    FACT(outlives_a_far_end_that_is_away),
};
EXERCISE("relay", "udp(7)", facts)
