/*
 * queue_facts.h — what is true of queue and of lifeboat alike.
 *
 * Each of the two tests says first whose functions these facts are about:
 *
 *     #define EXERCISE_OF(function) queue_##function
 *     #define NAME "queue"
 *     typedef struct queue queue_type;
 *
 * Others put and get in processes of their own. Who waits is seen asleep
 * before anything else happens; and where it matters who is faster, the
 * slower one is stopped with SIGSTOP, asleep, until it is its turn.
 */
#ifndef QUEUE_FACTS_H
#define QUEUE_FACTS_H

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "fact.h"

#define PUT NAME "_put"
#define GET NAME "_get"
#define CREATE EXERCISE_OF(create)
#define DESTROY EXERCISE_OF(destroy)

/* FAR has a fraction of nearly a second: its nanoseconds carry over. */
enum { FAR = 3602999, SOON = 80, UNTOUCHED = 0x5eabed, WORKERS = 8 };

/* ---- one queue of ints, and what others do with it -------------------- */

static queue_type *queue;
static int got;

/*
 * Mappings are placed one below the other. Whoever writes behind the end of
 * one made now, hits memory that nobody may touch.
 */
static void fence(void)
{
    mmap(NULL, 1 << 20, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE,
         -1, 0);
}

static queue_type *opened(size_t capacity, size_t item_size)
{
    fence();
    errno = 0;
    queue_type *q = CREATE(capacity, item_size);

    CHECK(q != NULL, "there is memory for %zu items of %zu bytes", capacity,
          item_size);
    return q;
}

static void open_queue(size_t capacity)
{
    queue = opened(capacity, sizeof(int));
}

static int put(int value, int timeout_ms)
{
    errno = 0;
    return EXERCISE_OF(put)(queue, &value, timeout_ms);
}

static int get(int timeout_ms)
{
    got = UNTOUCHED;
    errno = 0;
    return EXERCISE_OF(get)(queue, &got, timeout_ms);
}

static void close_queue(void)
{
    EXERCISE_OF(close)(queue);
}

static size_t length(void)
{
    return EXERCISE_OF(length)(queue);
}

static void destroy(void)
{
    DESTROY(queue);
}

static void check_put(int value)
{
    IF_STUCK(PUT " waits, although there is room. Does every way out of a "
                 "call give the lock back?");
    CHECK_EQ(put(value, 0), 0, "there is room for %d", value);
    IF_STUCK("%s", "");
}

static void check_get(int want)
{
    IF_STUCK(GET " waits, although something is in the queue. Does every way "
                 "out of a call give the lock back?");
    CHECK_EQ(get(0), 0, "something is in the queue: " GET " takes it");
    CHECK_EQ(got, want,
             "the oldest item is the next one that is got, and an "
             "item is in the queue once");
    IF_STUCK("%s", "");
}

static void check_empty(void)
{
    CHECK_EQ(length(), 0, "everything has been got");
    CHECK_ERRNO(get(0), ETIMEDOUT, "everything has been got");
}

static void fill(int from, int count)
{
    for (int i = 0; i < count; i++)
        check_put(from + i);
}

struct worker {
    pid_t pid;
    struct gate *may;
    int result, error, got;
};

static struct worker *next_worker(void)
{
    static struct worker *all;
    static int used;

    if (!all)
        all = fact_shared(sizeof(struct worker[64]));
    return &all[used++ % 64];
}

/* Somebody gets, or puts, and what came is in *w when it has ended. */
enum { GETS = INT_MIN };

static struct worker *someone(int value, struct gate *may, int timeout_ms)
{
    struct worker *w = next_worker();
    pid_t pid = fact_fork();

    if (pid == 0) {
        if (may)
            gate_wait(may);
        w->result = value == GETS ? get(timeout_ms) : put(value, timeout_ms);
        w->error = errno;
        w->got = got;
        _exit(0);
    }
    w->pid = pid;
    w->may = may;
    return w;
}

static struct worker *someone_gets(int timeout_ms)
{
    return someone(GETS, NULL, timeout_ms);
}

static struct worker *someone_puts(int value, int timeout_ms)
{
    return someone(value, NULL, timeout_ms);
}

/* The caller waits; when it is seen asleep, somebody else does this. */
static struct worker *someone_later(int value)
{
    return someone(value, gate_new(WORKERS + 1), 0);
}

static void let(void *w)
{
    gate_open(((struct worker *)w)->may);
}

static void end(struct worker *w)
{
    int wstatus = 0;

    waitpid(w->pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0),
                 "another process puts or gets, and then "
                 "leaves by itself");
}

static void until_asleep(const struct worker *w, const char *why)
{
    for (int i = 0; i < 5000 && !gone(w->pid); i++)
        if (asleep(w->pid))
            return;
    errno = 0;
    FAIL_TEST("another process has to wait, asleep: %s", why);
}

static const char EMPTY_WAITS[] = "the queue is empty, and " GET " was given "
                                  "all the time there is";
static const char FULL_WAITS[] = "the queue is full, and " PUT " was given all "
                                 "the time there is";

/* Held back, asleep, for as long as it takes. */
static void hold(const struct worker *w)
{
    kill(w->pid, SIGSTOP);
    while (state_of(w->pid) != 'T' && !gone(w->pid))
        moment();
}

static void go_on(const struct worker *w)
{
    kill(w->pid, SIGCONT);
    while (state_of(w->pid) == 'T')
        moment();
}

static void check_it_got(struct worker *w, int want, const char *why)
{
    IF_STUCK("%s", why);
    end(w);
    IF_STUCK("%s", "");
    errno = w->error;
    CHECK_EQ(w->result, 0, "%s", why);
    CHECK_EQ(w->got, want, "%s", why);
}

static void check_it_put(struct worker *w, const char *why)
{
    IF_STUCK("%s", why);
    end(w);
    IF_STUCK("%s", "");
    errno = w->error;
    CHECK_EQ(w->result, 0, "%s", why);
}

static void check_it_failed(struct worker *w, int error, const char *why)
{
    IF_STUCK("%s", why);
    end(w);
    IF_STUCK("%s", "");
    errno = 0;
    CHECK_EQ(w->result, -1, "%s", why);
    errno = w->error;
    CHECK(w->error == error, "%s", why);
}

/* ---- the plain case --------------------------------------------------- */

static void what_is_put_is_got(void **state)
{
    (void)state;
    quiet_begin();
    open_queue(3);
    CHECK_EQ(put(42, -1), 0, "there is room for three, so one fits");
    CHECK_EQ(get(-1), 0, "one is in the queue, so it can be got");
    CHECK_EQ(got, 42, "what is got is what was put");
    quiet_end();
    destroy();
}

static void the_oldest_comes_first(void **state)
{
    int in = 0, out = 0;

    (void)state;
    open_queue(5);
    for (int round = 1; round <= 12; round++) {
        while (in - out < 1 + round % 5)
            check_put(in++);
        while (in - out > round % 2)
            check_get(out++);
    }
    while (out < in)
        check_get(out++);
    check_empty();
    destroy();
}

static void it_holds_as_many_as_it_was_made_for(void **state)
{
    (void)state;
    for (int capacity = 1; capacity <= 320; capacity += capacity / 5 + 1) {
        STEP("a queue for %d", capacity);
        open_queue((size_t)capacity);
        fill(10, capacity);
        CHECK_ERRNO(put(99, 0), ETIMEDOUT,
                    "%d items are in a queue for %d: it is full", capacity,
                    capacity);
        for (int i = 0; i < capacity; i++)
            check_get(10 + i);
        check_empty();
        destroy();
    }
}

static void length_counts_what_is_in_it(void **state)
{
    (void)state;
    open_queue(3);
    CHECK_EQ(length(), 0, "nothing has been put yet");
    for (int round = 0; round < 3; round++) {
        fill(1, 3);
        CHECK_EQ(length(), 3, "three were put");
        check_get(1);
        CHECK_EQ(length(), 2, "three were put, and one was got");
        check_put(4);
        put(5, 0);
        CHECK_EQ(length(), 3, "it is full: what did not go in does not count");
        for (int i = 2; i <= 4; i++)
            check_get(i);
        get(0);
        CHECK_EQ(length(), 0, "all were got");
    }
    close_queue();
    CHECK_EQ(length(), 0, "it was empty when it was closed");
    destroy();
}

static void fill_item(unsigned char *item, size_t size, int seed)
{
    for (size_t i = 0; i < size; i++)
        item[i] = (unsigned char)((size_t)seed * 31 + i * 7 + i / 256);
}

static void pass_items_of(size_t capacity, size_t size)
{
    static unsigned char in[20000], out[20000 + 16];
    queue_type *q = opened(capacity, size);

    STEP("a queue for %zu items of %zu bytes", capacity, size);
    for (int n = 0; n < (int)capacity * 2 + 3; n++) {
        fill_item(in, size, n);
        CHECK_EQ(EXERCISE_OF(put)(q, in, 0), 0, "there is room");
        memset(out, 0xee, size + 16);
        CHECK_EQ(EXERCISE_OF(get)(q, out, 0), 0, "an item is there");
        CHECK_MEM(out, size, in, size,
                  "an item is item_size bytes, any bytes: all of them are "
                  "copied, and none of a neighbour's");
        CHECK(out[size] == 0xee && out[size + 15] == 0xee,
              "something was written behind the item");
    }
    DESTROY(q);
}

static void items_of_any_size(void **state)
{
    static const size_t sizes[] = {1, 2, 3, 7, 8, 24, 100, 4096, 19999};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
        for (size_t capacity = 1; capacity <= 4; capacity++)
            pass_items_of(capacity, sizes[i]);
}

/* Full of items of its own, each whole, the last one, too. */
static void neighbours_do_not_touch(void **state)
{
    static unsigned char in[4096], out[4096];
    static const size_t sizes[] = {1, 5, 512, 4096};

    (void)state;
    for (int i = 0; i < 4; i++) {
        queue_type *q = opened(7, sizes[i]);
        for (int n = 0; n < 7; n++) {
            fill_item(in, sizes[i], n);
            CHECK_EQ(EXERCISE_OF(put)(q, in, 0), 0, "there is room for seven");
        }
        for (int n = 0; n < 7; n++) {
            fill_item(in, sizes[i], n);
            CHECK_EQ(EXERCISE_OF(get)(q, out, 0), 0, "seven are in it");
            CHECK_MEM(out, sizes[i], in, sizes[i],
                      "each item has a place of its own, item_size bytes "
                      "long: none runs into the next, or out of the memory");
        }
        DESTROY(q);
    }
}

/* ---- full, and empty -------------------------------------------------- */

static void a_timeout_of_0_does_not_wait(void **state)
{
    (void)state;
    open_queue(2);
    IF_STUCK("a timeout_ms of 0 does not wait: it looks, and is done");
    CHECK_ERRNO(get(0), ETIMEDOUT,
                "the queue is empty, and there is no time "
                "to wait for an item");
    fill(1, 2);
    IF_STUCK("a timeout_ms of 0 does not wait: it looks, and is done");
    CHECK_ERRNO(put(3, 0), ETIMEDOUT,
                "the queue is full, and there is no time to wait for room");
    CHECK_EQ(length(), 2, "what did not go in is not in it");
    check_get(1);
    check_get(2);
    check_empty();
    destroy();
}

static void a_failed_get_leaves_the_item_alone(void **state)
{
    (void)state;
    open_queue(2);
    check_put(7);
    check_get(7);
    for (int timeout_ms = 0; timeout_ms < 2; timeout_ms++) {
        CHECK_ERRNO(get(timeout_ms), ETIMEDOUT, "the queue is empty");
        CHECK_EQ(got, UNTOUCHED,
                 "there was nothing to get, so not a byte of "
                 "the caller's item may change");
    }
    close_queue();
    CHECK_ERRNO(get(0), EPIPE, "it is closed, and nothing is left in it");
    CHECK_EQ(got, UNTOUCHED,
             "there was nothing to get, so not a byte of the "
             "caller's item may change");
    destroy();
}

static long ms_now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static struct worker *rescuer;

static void rescue(void)
{
    let(rescuer);
}

/* A call that may last SOON. Who rescues it when it lasts far too long, does
 * so by a put (of an empty queue), or by a get (of a full one). */
static void check_deadline(int value, bool signals, const char *why)
{
    rescuer = someone_later(value == GETS ? 77 : GETS);
    storm_begin(signals, rescue);
    long from = ms_now();
    int result = value == GETS ? get(SOON) : put(value, SOON);
    int error = errno;
    long ms = ms_now() - from;
    CHECK(!storm_end(), "%s", why);
    errno = error;
    CHECK(result == -1 && error == ETIMEDOUT,
          "nothing came for %d ms: that is ETIMEDOUT", SOON);
    CHECK(ms >= SOON - 2, "it gave up after %ld ms of %d", ms, SOON);
    kill(rescuer->pid, SIGKILL);
    waitpid(rescuer->pid, NULL, 0);
}

static void a_timeout_is_kept(void **state)
{
    static const char why[] = "it was given 80 ms, and more than a second was "
                              "not enough. The deadline is a point in time: "
                              "what time is it now, and how much later is it?";

    (void)state;
    open_queue(1);
    check_deadline(GETS, false, why);
    check_put(1);
    check_deadline(2, false, why);
    check_get(1);
    check_empty();
    destroy();
}

/* Everything that fails gives the lock back; nobody else could go on. */
static void a_failed_call_gives_the_lock_back(void **state)
{
    static const char why[] =
        "a call failed, and from then on nobody else can do anything: it kept "
        "the lock. Every way out of a call leads past the unlock, the one "
        "after a time-out, too";

    (void)state;
    open_queue(1);
    for (int timeout_ms = 0; timeout_ms < 2; timeout_ms++) {
        CHECK_ERRNO(get(timeout_ms), ETIMEDOUT, "the queue is empty");
        check_it_put(someone_puts(5, -1), why);
        CHECK_ERRNO(put(6, timeout_ms), ETIMEDOUT, "the queue is full");
        check_it_got(someone_gets(-1), 5, why);
    }
    close_queue();
    CHECK_ERRNO(put(7, -1), EPIPE, "it is closed");
    check_it_failed(someone_puts(8, -1), EPIPE, why);
    CHECK_ERRNO(get(-1), EPIPE, "it is closed, and nothing is left in it");
    check_it_failed(someone_gets(-1), EPIPE, why);
    destroy();
}

/* ---- many processes --------------------------------------------------- */

static void processes_share_it(void **state)
{
    static const char why[] =
        "what one process puts, another gets: fork copies memory, unless it "
        "is a mapping made with MAP_SHARED";

    (void)state;
    open_queue(3);
    check_put(1);
    struct worker *early = someone_later(GETS);
    check_it_got(someone_gets(0), 1, why);
    CHECK_EQ(length(), 0, "another process has got it. %s", why);
    check_it_put(someone_puts(2, 0), why);
    CHECK_EQ(length(), 1, "another process has put one. %s", why);
    check_get(2);
    check_put(3);
    let(early);
    check_it_got(early, 3, why);
    destroy();
}

static const char SHARED[] =
    "a process waits for something that has happened, and is not woken: a "
    "mutex, a condition or a semaphore in shared memory is for the threads of "
    "one process only, unless its attribute says PTHREAD_PROCESS_SHARED "
    "(pshared 1)";

static void a_put_wakes_who_waits_for_an_item(void **state)
{
    (void)state;
    open_queue(2);
    for (int round = 0; round < 4; round++) {
        struct worker *w = someone_gets(round % 2 ? FAR : -1);
        until_asleep(w, EMPTY_WAITS);
        check_put(round);
        check_it_got(w, round, SHARED);
    }
    check_empty();
    destroy();
}

static void a_get_wakes_who_waits_for_room(void **state)
{
    (void)state;
    open_queue(2);
    fill(0, 2);
    for (int round = 0; round < 4; round++) {
        struct worker *w = someone_puts(round + 2, round % 2 ? FAR : -1);
        until_asleep(w, FULL_WAITS);
        check_get(round);
        check_it_put(w, SHARED);
    }
    check_get(4);
    check_get(5);
    check_empty();
    destroy();
}

static void two_items_wake_two(void **state)
{
    static const char why[] =
        "two processes waited, asleep, and two items were put one right "
        "after the other. One of the two sleeps on, and its item lies there: "
        "wake somebody at every put, not only when the queue was empty";
    struct worker *w[2];

    (void)state;
    open_queue(3);
    for (int i = 0; i < 2; i++)
        until_asleep(w[i] = someone_gets(-1), EMPTY_WAITS);
    for (int i = 0; i < 2; i++)
        hold(w[i]);
    fill(1, 2);
    for (int i = 0; i < 2; i++)
        go_on(w[i]);
    IF_STUCK("%s", why);
    end(w[0]);
    end(w[1]);
    CHECK(w[0]->result == 0 && w[1]->result == 0 &&
              w[0]->got + w[1]->got == 3 && w[0]->got != w[1]->got,
          "1 and 2 were put, and two processes waited: each gets one of them");
    check_empty();
    destroy();
}

static void room_for_two_wakes_two(void **state)
{
    static const char why[] =
        "two processes waited for room, asleep, and two items were got one "
        "right after the other. One of the two sleeps on, and the room stays "
        "empty: wake somebody at every get, not only when it was full";
    struct worker *w[2];

    (void)state;
    open_queue(2);
    fill(1, 2);
    for (int i = 0; i < 2; i++)
        until_asleep(w[i] = someone_puts(3, -1), FULL_WAITS);
    for (int i = 0; i < 2; i++)
        hold(w[i]);
    check_get(1);
    check_get(2);
    for (int i = 0; i < 2; i++)
        go_on(w[i]);
    for (int i = 0; i < 2; i++)
        check_it_put(w[i], why);
    check_get(3);
    check_get(3);
    check_empty();
    destroy();
}

/* One is woken, and meanwhile somebody else takes what it was woken for. */
static void who_wakes_up_looks_again_for_an_item(void **state)
{
    static const char why[] =
        "a process waited for an item and was woken, but another one was "
        "faster and took it. Who wakes up has to look again, and sleep again "
        "if there is nothing: while, not if, around the wait";

    (void)state;
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        open_queue(2);
        struct worker *slow = someone_gets(timeout_ms);
        until_asleep(slow, EMPTY_WAITS);
        hold(slow);
        check_put(1);
        check_get(1);
        go_on(slow);
        until_asleep(slow, why);
        check_put(2);
        check_it_got(slow, 2, why);
        check_empty();
        destroy();
    }
}

static void who_wakes_up_looks_again_for_room(void **state)
{
    static const char why[] =
        "a process waited for room and was woken, but another one was faster "
        "and filled it. Who wakes up has to look again, and sleep again if it "
        "is full: while, not if, around the wait";

    (void)state;
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        open_queue(1);
        check_put(1);
        struct worker *slow = someone_puts(3, timeout_ms);
        until_asleep(slow, FULL_WAITS);
        hold(slow);
        check_get(1);
        check_put(2);
        go_on(slow);
        until_asleep(slow, why);
        check_get(2);
        check_it_put(slow, why);
        check_get(3);
        check_empty();
        destroy();
    }
}

/*
 * One who waits for room, and one for an item, asleep at the same time: the
 * queue holds one. Two wait for an item; one is put, and another one waits
 * for room, before the first has moved.
 */
static void the_right_one_is_woken(void **state)
{
    static const char why[] =
        "some waited for room and some for an item, and the wake-up went to "
        "one who could do nothing with it, and slept on; so does the one who "
        "could. A condition for each of the two reasons, or wake all";
    struct worker *w[3];

    (void)state;
    open_queue(1);
    for (int i = 0; i < 2; i++)
        until_asleep(w[i] = someone_gets(-1), EMPTY_WAITS);
    for (int i = 0; i < 2; i++)
        hold(w[i]);
    check_put(1);
    until_asleep(w[2] = someone_puts(2, -1), FULL_WAITS);
    IF_STUCK("%s", why);
    go_on(w[0]);
    for (int i = 0; i < 500 && !gone(w[0]->pid); i++)
        if (asleep(w[0]->pid))
            break;
    go_on(w[1]);
    for (int i = 0; i < 3; i++) {
        end(w[i]);
        CHECK_EQ(w[i]->result, 0, "%s", why);
    }
    CHECK_EQ(w[0]->got + w[1]->got, 3,
             "1 and 2 were put, and two processes "
             "waited: each gets one of them");
    check_empty();
    destroy();
}

/* ---- closed ------------------------------------------------------------ */

static void a_closed_queue_takes_nothing_in(void **state)
{
    (void)state;
    open_queue(2);
    check_put(1);
    close_queue();
    IF_STUCK("a closed queue takes nothing in, so there is nothing to wait "
             "for");
    for (int timeout_ms = -1; timeout_ms <= 1; timeout_ms++)
        CHECK_ERRNO(put(2, timeout_ms), EPIPE,
                    "the queue is closed: nothing goes in any more, although "
                    "there is room");
    CHECK_EQ(length(), 1, "one was put before, and nothing afterwards");
    destroy();
    open_queue(1);
    check_put(1);
    close_queue();
    IF_STUCK("a closed queue takes nothing in, so there is nothing to wait "
             "for");
    for (int timeout_ms = -1; timeout_ms <= 1; timeout_ms++)
        CHECK_ERRNO(put(2, timeout_ms), EPIPE,
                    "the queue is closed and full: it will never have room "
                    "for this item");
    destroy();
}

static void what_is_left_can_still_be_got(void **state)
{
    (void)state;
    open_queue(3);
    fill(1, 3);
    close_queue();
    close_queue();
    CHECK_EQ(length(), 3, "what is in it stays in it");
    for (int i = 1; i <= 3; i++)
        check_get(i);
    IF_STUCK("the queue is closed and nothing is left in it: nothing will "
             "ever come, so do not wait for it");
    for (int timeout_ms = -1; timeout_ms <= 1; timeout_ms++)
        CHECK_ERRNO(get(timeout_ms), EPIPE,
                    "it is closed, and nothing is left in it");
    destroy();
}

static void closing_is_seen_by_all(void **state)
{
    (void)state;
    open_queue(3);
    fill(1, 2);
    pid_t pid = fact_fork();
    if (pid == 0) {
        close_queue();
        _exit(0);
    }
    waitpid(pid, NULL, 0);
    IF_STUCK("another process has closed the queue: is that in the memory "
             "that all share?");
    CHECK_ERRNO(put(3, -1), EPIPE, "another process has closed the queue");
    check_it_failed(someone_puts(3, -1), EPIPE,
                    "another process has closed the queue");
    check_it_got(someone_gets(-1), 1, "what is in it can still be got");
    check_get(2);
    check_it_failed(someone_gets(-1), EPIPE, "nothing is left in it");
    destroy();
}

static void closing_wakes_all_who_wait_for_an_item(void **state)
{
    static const char why[] =
        "several waited for an item when the queue was closed: nothing will "
        "come any more, and each of them has to be told (EPIPE). One signal "
        "wakes one: pthread_cond_broadcast";
    struct worker *w[3];

    (void)state;
    open_queue(2);
    for (int i = 0; i < 3; i++)
        until_asleep(w[i] = someone_gets(i == 1 ? FAR : -1), EMPTY_WAITS);
    IF_STUCK("%s", "");
    close_queue();
    for (int i = 0; i < 3; i++)
        check_it_failed(w[i], EPIPE, why);
    for (int i = 0; i < 3; i++)
        CHECK_EQ(w[i]->got, UNTOUCHED,
                 "there was nothing to get, so not a "
                 "byte of the item may change");
    destroy();
}

static void closing_wakes_all_who_wait_for_room(void **state)
{
    static const char why[] =
        "several waited for room when the queue was closed: they cannot put "
        "any more, and each of them has to be told (EPIPE). Wake all, also "
        "those who wait to put";
    struct worker *w[3];

    (void)state;
    open_queue(2);
    fill(1, 2);
    for (int i = 0; i < 3; i++)
        until_asleep(w[i] = someone_puts(9, i == 1 ? FAR : -1), FULL_WAITS);
    close_queue();
    for (int i = 0; i < 3; i++)
        check_it_failed(w[i], EPIPE, why);
    CHECK_EQ(length(), 2, "two were in it; what was refused is not");
    check_get(1);
    check_get(2);
    CHECK_ERRNO(get(-1), EPIPE, "it is closed, and nothing is left in it");
    destroy();
}

/* Woken for room, and before it can take it, the queue is closed. */
static void closed_meanwhile_is_closed(void **state)
{
    static const char why[] =
        "a process waited for room; it got some, and before it moved, the "
        "queue was closed: who wakes up looks at both again, and a closed "
        "queue takes nothing in";

    (void)state;
    open_queue(1);
    check_put(1);
    struct worker *slow = someone_puts(2, -1);
    until_asleep(slow, FULL_WAITS);
    hold(slow);
    check_get(1);
    close_queue();
    go_on(slow);
    check_it_failed(slow, EPIPE, why);
    CHECK_EQ(length(), 0, "%s", why);
    destroy();
}

/* Woken for an item, and before it can take it, the queue is closed. */
static void an_item_goes_before_the_end(void **state)
{
    static const char why[] =
        "a process waited for an item; one was put, and before it moved, the "
        "queue was closed: what is in it can still be got, so look for an "
        "item first, and only then for the end";

    (void)state;
    open_queue(1);
    struct worker *slow = someone_gets(-1);
    until_asleep(slow, EMPTY_WAITS);
    hold(slow);
    check_put(1);
    close_queue();
    go_on(slow);
    check_it_got(slow, 1, why);
    destroy();
}

/* ---- how it waits ------------------------------------------------------ */

static void a_wait_costs_no_cpu_time(void **state)
{
    static const char advice[] = "sleep until somebody else wakes you";

    (void)state;
    open_queue(1);
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        struct worker *other = someone_later(5);
        IF_STUCK("%s", SHARED);
        watch_begin(let, other);
        int result = get(timeout_ms);
        CHECK_EQ(result, 0, "an item came long before the time was over");
        watch_end(advice);
        check_it_put(other, "it puts one into an empty queue");

        check_put(6);
        other = someone_later(GETS);
        IF_STUCK("%s", SHARED);
        watch_begin(let, other);
        result = put(7, timeout_ms);
        CHECK_EQ(result, 0, "there was room long before the time was over");
        watch_end(advice);
        check_it_got(other, 6, "it gets what is in it");
        check_get(7);
    }
    destroy();
}

static void signals_do_not_end_a_wait(void **state)
{
    static const char why[] =
        "a signal interrupted the wait (EINTR): that is neither an item nor "
        "room nor the end of the time. Look, and wait again for what is left";

    (void)state;
    open_queue(1);
    sea_handler();
    for (int timeout_ms = -1; timeout_ms <= FAR; timeout_ms += FAR + 1) {
        struct worker *other = someone_later(5);
        nudge_begin(3, let, other);
        int result = get(timeout_ms);
        nudge_end();
        CHECK_EQ(result, 0, "%s", why);
        end(other);

        check_put(6);
        other = someone_later(GETS);
        nudge_begin(3, let, other);
        result = put(7, timeout_ms);
        nudge_end();
        CHECK_EQ(result, 0, "%s", why);
        end(other);
        check_get(7);
    }
    destroy();
}

static void a_storm_does_not_move_the_deadline(void **state)
{
    static const char why[] =
        "a signal every 2 ms, and a deadline of 80 ms was not kept for more "
        "than a second: fix the end once, and after each interruption wait "
        "only for what is left";

    (void)state;
    open_queue(1);
    check_deadline(GETS, true, why);
    check_put(1);
    check_deadline(2, true, why);
    destroy();
}

static void the_wall_clock_may_jump_ahead(void **state)
{
    static const char why[] =
        "somebody set the clock two hours ahead, and the time was over before "
        "its end: only CLOCK_MONOTONIC measures time. A condition has to be "
        "told: pthread_condattr_setclock";

    (void)state;
    open_queue(1);
    sea_handler();
    sea_step_wall_clock(2 * 3600);
    struct worker *other = someone_later(5);
    nudge_begin(3, let, other);
    int result = get(FAR);
    nudge_end();
    CHECK_EQ(result, 0, "%s", why);
    end(other);
    check_put(6);
    sea_step_wall_clock(2 * 3600);
    other = someone_later(GETS);
    nudge_begin(3, let, other);
    result = put(7, FAR);
    nudge_end();
    CHECK_EQ(result, 0, "%s", why);
    end(other);
    destroy();
}

static void the_wall_clock_may_jump_back(void **state)
{
    static const char why[] =
        "somebody set the clock two hours back, and the time was not over "
        "after more than a second: only CLOCK_MONOTONIC measures time. A "
        "condition has to be told: pthread_condattr_setclock";

    (void)state;
    open_queue(1);
    sea_step_wall_clock(-2 * 3600);
    check_deadline(GETS, false, why);
    check_put(1);
    sea_step_wall_clock(-2 * 3600);
    check_deadline(2, false, why);
    destroy();
}

/* ---- many at once ------------------------------------------------------ */

enum { PRODUCERS = 2, CONSUMERS = 2, EACH = 250, WORDS = 300 };

static struct traffic {
    atomic_int got[PRODUCERS][EACH];
    atomic_int torn, out_of_order, failed;
} * traffic;

static void produce(int me)
{
    int item[WORDS];

    for (int i = 0; i < EACH; i++) {
        for (int k = 0; k < WORDS; k++)
            item[k] = me * EACH + i;
        if (EXERCISE_OF(put)(queue, item, -1) != 0)
            traffic->failed++;
    }
}

static void consume(void)
{
    int item[WORDS], last[PRODUCERS] = {-1, -1};

    while (EXERCISE_OF(get)(queue, item, -1) == 0) {
        int from = item[0] / EACH, number = item[0] % EACH;
        for (int k = 1; k < WORDS; k++)
            traffic->torn += item[k] != item[0];
        if (item[0] < 0 || from >= PRODUCERS) {
            traffic->torn++;
            continue;
        }
        traffic->out_of_order += number <= last[from];
        last[from] = number;
        traffic->got[from][number]++;
    }
    traffic->failed += errno != EPIPE;
}

static void until_all_ended(const pid_t *pid, int count)
{
    for (int i = 0; i < count; i++) {
        int wstatus = 0;
        waitpid(pid[i], &wstatus, 0);
        CHECK_STATUS(wstatus, EXITED(0),
                     "a process puts or gets many items, "
                     "and then leaves by itself");
    }
}

static void run_traffic(void)
{
    pid_t pid[PRODUCERS + CONSUMERS];
    struct gate *gate = gate_new(PRODUCERS + CONSUMERS);

    traffic = fact_shared(sizeof(*traffic));
    for (int i = 0; i < PRODUCERS + CONSUMERS; i++)
        if ((pid[i] = fact_fork()) == 0) {
            gate_wait(gate);
            if (i < PRODUCERS)
                produce(i);
            else
                consume();
            _exit(0);
        }
    IF_STUCK("two processes put and two get, as fast as they can, and now "
             "nobody moves any more: a wake-up was lost, or the lock was. Who "
             "has to be woken after each put and each get?");
    until_all_ended(pid, PRODUCERS);
    close_queue();
    until_all_ended(pid + PRODUCERS, CONSUMERS);
}

static void nothing_is_lost_doubled_or_torn(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity <= 3; capacity += 2) {
        queue = opened(capacity, sizeof(int[WORDS]));
        run_traffic();
        CHECK_EQ(traffic->torn, 0,
                 "an item was torn, half of it this one and half of it that "
                 "one: looking, copying and taking are one step, under one "
                 "lock");
        for (int p = 0; p < PRODUCERS; p++)
            for (int i = 0; i < EACH; i++)
                CHECK_EQ(traffic->got[p][i], 1,
                         "item %d of producer %d was put once, and has to be "
                         "got once: looking, copying and taking are one step, "
                         "under one lock",
                         i, p);
        CHECK_EQ(traffic->out_of_order, 0,
                 "a producer's items come out in the order it put them in");
        CHECK_EQ(traffic->failed, 0,
                 "a put or get with all the time there "
                 "is failed");
        destroy();
    }
}

/* ---- making it, and giving it back ------------------------------------- */

static void queues_are_independent(void **state)
{
    int one = 1, two = 2, item = 0;

    (void)state;
    queue_type *a = opened(2, sizeof(int)), *b = opened(2, sizeof(int));
    CHECK_EQ(EXERCISE_OF(put)(a, &one, 0), 0, "there is room");
    CHECK_EQ(EXERCISE_OF(length)(b), 0,
             "one was put into another queue: give nothing a name that two "
             "could share");
    CHECK_EQ(EXERCISE_OF(put)(b, &two, 0), 0, "there is room");
    EXERCISE_OF(close)(a);
    CHECK_EQ(EXERCISE_OF(put)(b, &two, 0), 0, "only the other one was closed");
    DESTROY(b);
    CHECK_EQ(EXERCISE_OF(get)(a, &item, 0), 0, "only the other one is gone");
    CHECK_EQ(item, 1, "what was put into this one");
    DESTROY(a);
}

static void nothing_to_hold_is_invalid(void **state)
{
    static const size_t asked[][2] = {{0, 4}, {4, 0}, {0, 0}, {0, SIZE_MAX}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        errno = 0;
        queue_type *q = CREATE(asked[i][0], asked[i][1]);
        CHECK(q == NULL && errno == EINVAL,
              "a queue for %zu items of %zu bytes makes no sense: return NULL "
              "and set errno to EINVAL",
              asked[i][0], asked[i][1]);
    }
}

static void more_than_there_is_is_refused(void **state)
{
    static const size_t asked[][2] = {
        {SIZE_MAX, 1},
        {1, SIZE_MAX},
        {SIZE_MAX, SIZE_MAX},
        {SIZE_MAX / 2 + 2, 2},
        {2, SIZE_MAX / 2},
        {SIZE_MAX / 16, 16},
        {(SIZE_MAX >> 2) + 2, 4},
        {1UL << 33, 1UL << 31},
        {SIZE_MAX - 8, 1},
        {1, SIZE_MAX - 64},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        errno = 0;
        queue_type *q = CREATE(asked[i][0], asked[i][1]);
        CHECK(q == NULL,
              "nobody has memory for %zu items of %zu bytes. Multiplied and "
              "added as size_t this is more than fits, and wraps around to a "
              "small number: look before you multiply",
              asked[i][0], asked[i][1]);
        /* What fits into a size_t, the kernel refuses in words of its own. */
        size_t product = 0;
        int error = errno;
        bool fits = !__builtin_mul_overflow(asked[i][0], asked[i][1], &product);
        CHECK(error == ENOMEM || (fits && error != 0),
              "%zu items of %zu bytes are too much: ENOMEM, and not %s",
              asked[i][0], asked[i][1], name_errno(error));
    }
}

static void destroying_is_for_oneself_only(void **state)
{
    static const char why[] =
        "a process destroyed the queue, and the others may go on: it gives "
        "its own mapping back. pthread_mutex_destroy and its like would end "
        "the lock for all";

    (void)state;
    open_queue(2);
    struct worker *waiting = someone_gets(-1);
    until_asleep(waiting, EMPTY_WAITS);
    struct worker *later = someone_later(GETS);
    pid_t pid = fact_fork();
    if (pid == 0) {
        destroy();
        _exit(0);
    }
    int wstatus = 0;
    IF_STUCK("destroy waits for those who use the queue. %s", why);
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0), "%s", why);
    IF_STUCK("%s", why);
    CHECK_EQ(put(1, -1), 0, "%s", why);
    check_it_got(waiting, 1, why);
    CHECK_EQ(put(2, -1), 0, "%s", why);
    IF_STUCK("destroy waits for those who use the queue. %s", why);
    destroy();
    let(later);
    check_it_got(later, 2, why);
}

static void no_queue_is_no_harm(void **state)
{
    (void)state;
    open_queue(1);
    DESTROY(NULL);
    check_put(1);
    check_get(1);
    destroy();
}

static void a_round_trip(void)
{
    static int round;
    int item = ++round, out = 0;

    IF_STUCK("a call failed on the way, and the lock was kept");
    errno = 0;
    queue_type *q = CREATE(2, sizeof(int));
    CHECK(q != MAP_FAILED, "it could not be made: return NULL and the failing "
                           "call's errno. mmap alone says MAP_FAILED");
    if (!q) {
        CHECK(sea_hit() && errno == sea_error(),
              "it could not be made: return NULL and the failing call's errno");
        return;
    }
    if (EXERCISE_OF(put)(q, &item, 1) == 0 && EXERCISE_OF(get)(q, &out, 1) == 0)
        CHECK_EQ(out, item, "what is got is what was put");
    else
        CHECK(sea_hit(), "one is put and got, and that succeeds");
    DESTROY(q);
}

static void errors_leave_nothing_behind(void **state)
{
    (void)state;
    a_round_trip();
    sea_every(a_round_trip, SEA_ERRORS);
}

/* In every order: queue_ways.h. */
void no_order_of_one_and_two_loses_an_item(void **);
void no_order_of_two_and_one_loses_an_item(void **);
void no_order_loses_a_signal(void **);
void closing_ends_every_wait_in_every_order(void **);
void no_order_with_a_timeout_loses_an_item(void **);
void the_length_may_be_asked_at_any_time(void **);
void who_leaves_takes_nothing_along(void **);

#define QUEUE_FACTS                                                            \
    FACT(what_is_put_is_got), FACT(the_oldest_comes_first),                    \
        FACT(it_holds_as_many_as_it_was_made_for),                             \
        FACT(length_counts_what_is_in_it), FACT(items_of_any_size),            \
        FACT(neighbours_do_not_touch), FACT(a_timeout_of_0_does_not_wait),     \
        FACT(a_failed_get_leaves_the_item_alone), FACT(a_timeout_is_kept),     \
        FACT(a_failed_call_gives_the_lock_back), FACT(processes_share_it),     \
        FACT(a_put_wakes_who_waits_for_an_item),                               \
        FACT(a_get_wakes_who_waits_for_room), FACT(two_items_wake_two),        \
        FACT(room_for_two_wakes_two),                                          \
        FACT(who_wakes_up_looks_again_for_an_item),                            \
        FACT(who_wakes_up_looks_again_for_room), FACT(the_right_one_is_woken), \
        FACT(a_closed_queue_takes_nothing_in),                                 \
        FACT(what_is_left_can_still_be_got), FACT(closing_is_seen_by_all),     \
        FACT(closing_wakes_all_who_wait_for_an_item),                          \
        FACT(closing_wakes_all_who_wait_for_room),                             \
        FACT(closed_meanwhile_is_closed), FACT(an_item_goes_before_the_end),   \
        FACT(a_wait_costs_no_cpu_time), FACT(signals_do_not_end_a_wait),       \
        FACT(a_storm_does_not_move_the_deadline),                              \
        FACT(the_wall_clock_may_jump_ahead),                                   \
        FACT(the_wall_clock_may_jump_back),                                    \
        FACT(nothing_is_lost_doubled_or_torn), FACT(queues_are_independent),   \
        FACT(nothing_to_hold_is_invalid), FACT(more_than_there_is_is_refused), \
        FACT(destroying_is_for_oneself_only), FACT(no_queue_is_no_harm),       \
        FACT(errors_leave_nothing_behind),                                     \
        FACT(no_order_of_one_and_two_loses_an_item),                           \
        FACT(no_order_of_two_and_one_loses_an_item),                           \
        FACT(no_order_loses_a_signal),                                         \
        FACT(closing_ends_every_wait_in_every_order),                          \
        FACT(no_order_with_a_timeout_loses_an_item),                           \
        FACT(the_length_may_be_asked_at_any_time),                             \
        FACT(who_leaves_takes_nothing_along)

#endif
