/*
 * ring_facts.h — what holds of every ring between one producer and one
 * consumer: of ring, and of express. Included by their tests, which say
 * first whose it is:
 *
 *     RING       struct ring
 *     OF(f)   ring_##f
 *     BETWEEN    what lets one process wake another: an advice
 */
#ifndef RING_FACTS_H
#define RING_FACTS_H

#include "fact.h"
#include "task.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_(f) #f
#define NAME(f) NAME_(f)
#define CREATE NAME(OF(create))
#define PUT NAME(OF(put))
#define GET NAME(OF(get))
#define DESTROY NAME(OF(destroy))

enum { LARGEST = 1 << 18, GUARD = 16, FRESH = 0xee };

static RING *ring;       /* for the functions that children run */
static size_t item_size; /* of its items */

/* ---- items ---------------------------------------------------------- */

/* The nth item: it tells its number, and every byte tells its place. */
static unsigned char byte_of(unsigned n, size_t i)
{
    return (unsigned char)((n >> i % 4 * 8) + i / 4 * 17);
}

static void write_item(unsigned char *item, unsigned n)
{
    for (size_t i = 0; i < item_size; i++)
        item[i] = byte_of(n, i);
}

static bool is_item(const unsigned char *item, unsigned n)
{
    for (size_t i = 0; i < item_size; i++)
        if (item[i] != byte_of(n, i))
            return false;
    return true;
}

static unsigned char going[LARGEST], coming[LARGEST + 2 * GUARD];

static void put(unsigned n)
{
    write_item(going, n);
    OF(put)(ring, going);
}

/* True when the next one is item n, and nothing is written beside it. */
static bool get(unsigned n)
{
    memset(coming, FRESH, GUARD);
    memset(coming + GUARD + item_size, FRESH, GUARD);
    memset(coming + GUARD, ~byte_of(n, 0), item_size);
    OF(get)(ring, coming + GUARD);
    for (int i = 0; i < GUARD; i++)
        if (coming[i] != FRESH ||
            coming[GUARD + item_size + (size_t)i] != FRESH)
            return false;
    return is_item(coming + GUARD, n);
}

static void check_get(unsigned n)
{
    CHECK(get(n),
          "items come out whole, once each, in the order they went in, "
          "item_size bytes each: item %u of %zu bytes was the next one",
          n, item_size);
}

/*
 * Mappings are placed one below the other. Whoever writes behind the end of
 * one made now, hits memory that nobody may touch.
 */
static void fence(size_t size)
{
    mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
         0);
}

static RING *made_of(size_t capacity, size_t size)
{
    fence(1 << 20);
    item_size = size;
    errno = 0;
    RING *new = OF(create)(capacity, size);
    CHECK(new != NULL,
          "there is memory for %zu items of %zu bytes: " CREATE " succeeds",
          capacity, size);
    return new;
}

static void make(size_t capacity, size_t size)
{
    ring = made_of(capacity, size);
}

static void drop(void)
{
    OF(destroy)(ring);
    ring = NULL;
}

/* ---- processes ------------------------------------------------------ */

static pid_t child(void (*part)(void))
{
    pid_t pid = fact_fork();

    if (pid == 0) {
        part();
        _exit(0);
    }
    return pid;
}

static void ended(pid_t pid, const char *why)
{
    int wstatus = 0;

    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0), "%s", why);
}

static unsigned long long ran(pid_t pid)
{
    struct task task;

    return task_read(&task, pid, pid) ? task.ran : 0;
}

/* Until it sleeps, is gone, or has shown that it does neither soon. */
static void until_settled(pid_t pid)
{
    unsigned long long begun = ran(pid);

    while (!asleep(pid) && !gone(pid) && ran(pid) < begun + 200000000)
        ;
}

static struct {
    atomic_uint done;  /* so many calls have returned */
    atomic_bool moved; /* the other side has moved */
    atomic_bool inside;
    atomic_bool wrong; /* what came is not what was put */
    struct gate *gate;
} * shared;

static void share(void)
{
    shared = fact_shared(sizeof(*shared));
    shared->gate = gate_new(2);
}

static void let_move(void *unused)
{
    (void)unused;
    gate_open(shared->gate);
}

/* ---- the plain case ------------------------------------------------- */

static void what_is_put_can_be_got(void **state)
{
    (void)state;
    make(4, 8);
    quiet_begin();
    IF_STUCK("an item was put, and " GET " waits for one");
    put(1);
    check_get(1);
    put(2);
    put(3);
    check_get(2);
    check_get(3);
    quiet_end();
    drop();
}

static void it_holds_as_many_items_as_its_capacity(void **state)
{
    static const size_t capacity[] = {1, 2, 3, 4, 5, 7, 8, 16, 17, 100, 1000};

    (void)state;
    for (size_t i = 0; i < sizeof(capacity) / sizeof(capacity[0]); i++) {
        make(capacity[i], 4);
        for (unsigned n = 0; n < 3 * capacity[i]; n += (unsigned)capacity[i]) {
            IF_STUCK(PUT " waits although the ring is not full yet: a ring of "
                         "capacity %zu has room for %zu items",
                     capacity[i], capacity[i]);
            for (unsigned k = 0; k < capacity[i]; k++)
                put(n + k);
            IF_STUCK(GET " waits although the ring is not empty: %zu items "
                         "were put",
                     capacity[i]);
            for (unsigned k = 0; k < capacity[i]; k++)
                check_get(n + k);
        }
        drop();
    }
}

static void it_goes_round_with_any_capacity(void **state)
{
    (void)state;
    IF_STUCK("the ring lost count on its way round: behind the last slot "
             "comes the first, for any capacity");
    for (size_t capacity = 1; capacity <= 13; capacity++)
        for (unsigned kept = 0; kept < capacity; kept++) {
            make(capacity, 5);
            for (unsigned n = 0; n < kept; n++)
                put(n);
            for (unsigned n = kept; n < kept + 3 * capacity + 2; n++) {
                put(n);
                check_get(n - kept);
            }
            drop();
        }
}

static void items_have_any_size(void **state)
{
    static const size_t size[] = {1,    2,    3,     4,      7,      8,
                                  24,   63,   64,    65,     1000,   4095,
                                  4096, 4097, 65536, 100003, LARGEST};

    (void)state;
    for (size_t i = 0; i < sizeof(size) / sizeof(size[0]); i++) {
        make(3, size[i]);
        for (unsigned n = 0; n < 6; n += 3) {
            for (unsigned k = 0; k < 3; k++)
                put(n + k);
            for (unsigned k = 0; k < 3; k++)
                check_get(n + k);
        }
        drop();
    }
    make(100000, 1);
    for (unsigned n = 0; n < 3000; n++)
        put(n);
    for (unsigned n = 0; n < 3000; n++)
        check_get(n);
    drop();
}

/* With some of these numbers the slots fill their last page, and the next
 * one is a fence: the smaller gaps between older mappings are filled first. */
static void fill_twice(void)
{
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);

    signal(SIGSEGV, SIG_DFL); /* that the child dies is for us to tell */
    for (int i = 0; i < 400; i++)
        fence(page_size);
    for (size_t capacity = 1; capacity <= 40; capacity++) {
        item_size = 600;
        fence(page_size);
        ring = OF(create)(capacity, item_size);
        if (ring == NULL)
            _exit(2);
        for (unsigned n = 0; n < 2 * capacity; n++) {
            put(n);
            if (n >= capacity / 2)
                get(n - (unsigned)capacity / 2);
        }
    }
}

static void what_lies_behind_the_slots_is_not_touched(void **state)
{
    (void)state;
    make(1, 1);
    drop();
    IF_STUCK("the ring lost count on its way round");
    ended(child(fill_twice),
          "a ring went round, and touched memory behind its own: behind the "
          "last slot comes the first, and all slots have to fit in, with what "
          "is kept beside them");
}

static void two_rings_are_independent(void **state)
{
    RING *one = made_of(2, 4), *two = made_of(2, 4);

    (void)state;
    IF_STUCK("what was put into one ring is missing there: each ring has "
             "memory and counters of its own");
    ring = one;
    put(1);
    put(2);
    ring = two;
    put(3);
    ring = one;
    CHECK(get(1), "each ring has memory of its own: keep nothing in static "
                  "variables, and give nothing a name that two could share");
    drop();
    ring = two;
    CHECK(get(3), "destroying one ring does nothing to another");
    drop();
}

/* ---- several processes ---------------------------------------------- */

static void put_two(void)
{
    put(2);
}

static void put_one_and_have_a_child(void)
{
    int wstatus;

    put(1);
    waitpid(child(put_two), &wstatus, 0);
}

static void get_three_later(void)
{
    gate_wait(shared->gate);
    ISLAND_CHECK(get(3), "what the parent puts after fork, the child gets");
}

static void children_and_grandchildren_share_it(void **state)
{
    (void)state;
    share();
    make(3, 8);
    IF_STUCK("a child has put items, and its parent waits for them: fork "
             "copies memory, unless it is a mapping made with MAP_SHARED; "
             "and all that the ring consists of has to be in there");
    ended(child(put_one_and_have_a_child), "a child puts, its child too");
    check_get(1);
    check_get(2);
    pid_t pid = child(get_three_later);
    put(3);
    gate_wait(shared->gate);
    IF_STUCK("the parent has put an item after fork, and the child waits for "
             "it: fork copies memory, unless it is a mapping made with "
             "MAP_SHARED");
    ended(pid, "the child got item 3");
    drop();
}

static void put_three_and_be_killed(void)
{
    for (unsigned n = 1; n <= 3; n++)
        put(n);
    raise(SIGKILL);
}

static void what_was_put_outlives_who_put_it(void **state)
{
    int wstatus = 0;

    (void)state;
    make(3, 4);
    waitpid(child(put_three_and_be_killed), &wstatus, 0);
    CHECK_STATUS(wstatus, KILLED(SIGKILL), "a child puts, and is killed");
    IF_STUCK("three items were put by a process that was killed afterwards, "
             "and " GET " waits for them: an item is there as soon as " PUT
             " returns");
    for (unsigned n = 1; n <= 3; n++)
        check_get(n);
    IF_STUCK(PUT " waits, and the ring is empty");
    put(4);
    check_get(4);
    drop();
}

static void get_one(void)
{
    shared->wrong = !get(1);
    shared->done++;
}

static void got_one(pid_t pid)
{
    ended(pid, "the process that waited in " GET " has got an item");
    CHECK(!shared->wrong, "what came is the item that was put, all of it");
}

static unsigned turn;

static void put_two_items(void)
{
    put(2 * turn);
    put(2 * turn + 1);
}

static void get_two_items(void)
{
    for (unsigned n = 2 * turn; n < 2 * turn + 2; n++)
        ISLAND_CHECK(get(n),
                     "item %u was the next one. Who puts, and who gets, may "
                     "change: where the next item goes and comes from is for "
                     "all processes to see, in the shared memory",
                     n);
}

static void who_puts_and_who_gets_may_change(void **state)
{
    (void)state;
    share();
    make(4, 4);
    IF_STUCK("one process waits for what another has put. Who puts, and who "
             "gets, may change: keep all counters and indices in the shared "
             "memory, none in a process's own");
    for (turn = 0; turn < 6; turn++) {
        ended(child(put_two_items), "one child puts two items");
        ended(child(get_two_items), "another one gets them");
    }
    for (turn = 6; turn < 9; turn++) {
        ended(child(put_two_items), "a child puts two items");
        get_two_items();
        put_two_items();
        ended(child(get_two_items), "a child gets two items");
    }
    pid_t pid = child(get_one);
    until_settled(pid);
    CHECK_EQ(shared->done, 0,
             "the ring is empty, and a process that has not got for a while "
             "came back with an item: what it saw of the other side is out of "
             "date. Who gets may change, so keep that in the shared memory, "
             "for all processes to see");
    put(1);
    got_one(pid);
    drop();
}

/* ---- waiting -------------------------------------------------------- */

static size_t capacity_now;

static void put_one_too_many(void)
{
    for (unsigned n = 0; n <= capacity_now; n++) {
        put(n);
        shared->done++;
    }
}

static void put_waits_while_the_ring_is_full(void **state)
{
    static const size_t capacity[] = {1, 2, 3, 8};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        share();
        capacity_now = capacity[i];
        make(capacity_now, 4);
        pid_t pid = child(put_one_too_many);
        until_settled(pid);
        CHECK_EQ(shared->done, capacity_now,
                 "a ring of capacity %zu holds %zu items: one more has to "
                 "wait until there is room, or it destroys one that nobody "
                 "has got yet",
                 capacity_now, capacity_now);
        IF_STUCK("a process waits in " PUT " for room. Then another one got "
                 "an item, and did not wake it: " BETWEEN
                 ". Or it sleeps with a lock that the other one needs");
        for (unsigned n = 0; n <= capacity_now; n++)
            check_get(n);
        ended(pid, "there was room in the end");
        drop();
    }
}

static void get_waits_while_the_ring_is_empty(void **state)
{
    (void)state;
    for (size_t capacity = 1; capacity <= 3; capacity++) {
        share();
        make(capacity, 4);
        IF_STUCK("%s", "");
        put(0);
        check_get(0);
        pid_t pid = child(get_one);
        until_settled(pid);
        CHECK_EQ(shared->done, 0,
                 "nothing was put, and " GET " returned with an item: it has "
                 "to wait for one");
        IF_STUCK("a process waits in " GET " for an item. Then another one "
                 "put one, and did not wake it: " BETWEEN);
        put(1);
        got_one(pid);
        drop();
    }
}

static void get_when_let(void)
{
    gate_wait(shared->gate);
    shared->moved = true;
    shared->wrong = !get(1);
}

static void put_when_let(void)
{
    gate_wait(shared->gate);
    shared->moved = true;
    put(1);
}

/* The ring is full, and a child makes room when it is let. */
static pid_t full_until_let(void)
{
    share();
    make(2, 4);
    put(1);
    put(2);
    IF_STUCK("the ring was full, a process waited in " PUT ", and another "
             "one got an item: " BETWEEN);
    return child(get_when_let);
}

static void put_sleeps_while_it_waits(void **state)
{
    (void)state;
    pid_t pid = full_until_let();
    watch_begin(let_move, NULL);
    put(3);
    watch_end("wait in a call that sleeps until there is room");
    ended(pid, "the child made room");
    CHECK(!shared->wrong, "the oldest item comes first");
    check_get(2);
    check_get(3);
    drop();
}

static void get_sleeps_while_it_waits(void **state)
{
    (void)state;
    share();
    make(2, 4);
    IF_STUCK("the ring was empty, a process waited in " GET ", and another "
             "one put an item: " BETWEEN);
    pid_t pid = child(put_when_let);
    watch_begin(let_move, NULL);
    check_get(1);
    watch_end("wait in a call that sleeps until there is an item");
    ended(pid, "the child put an item");
    drop();
}

static void a_signal_does_not_end_a_wait_for_room(void **state)
{
    (void)state;
    sea_handler();
    pid_t pid = full_until_let();
    nudge_begin(3, let_move, NULL);
    put(3);
    bool in_time = shared->moved;
    nudge_end();
    CHECK(in_time, "a signal came while " PUT " waited for room, and it went "
                   "on as if there were some: a call that was interrupted "
                   "has not got what it waited for. Ask again on EINTR");
    ended(pid, "the child made room");
    CHECK(!shared->wrong, "the child got item 1, which nobody overwrote");
    check_get(2);
    check_get(3);
    drop();
}

static void a_signal_does_not_end_a_wait_for_an_item(void **state)
{
    (void)state;
    share();
    make(2, 4);
    sea_handler();
    pid_t pid = child(put_when_let);
    nudge_begin(3, let_move, NULL);
    bool right = get(1);
    bool in_time = shared->moved;
    nudge_end();
    CHECK(in_time, "a signal came while " GET " waited for an item, and it "
                   "returned without one: a call that was interrupted has "
                   "not got what it waited for. Ask again on EINTR");
    CHECK(right, "the item that was put is the one that is got");
    ended(pid, "the child put an item");
    drop();
}

/* ---- in the middle of a copy ---------------------------------------- */

/*
 * An item of four pages, of which all but the first are behind a veil: who
 * copies it, stops in the middle, until it is let go on.
 */
static unsigned char *veiled;

static void lift_veil(int signal)
{
    (void)signal;
    shared->inside = true;
    gate_wait(shared->gate);
    mprotect(veiled, item_size, PROT_READ | PROT_WRITE);
}

static void stop_at_veil(void)
{
    struct sigaction action = {.sa_handler = lift_veil};
    size_t page_size = (size_t)sysconf(_SC_PAGESIZE);

    sigaction(SIGSEGV, &action, NULL);
    mprotect(veiled + page_size, item_size - page_size, PROT_NONE);
}

static void make_veiled(size_t capacity)
{
    share();
    make(capacity, 4 * (size_t)sysconf(_SC_PAGESIZE));
    veiled = fact_shared(item_size);
}

static void put_veiled(void)
{
    write_item(veiled, 1);
    stop_at_veil();
    OF(put)(ring, veiled);
}

static void get_veiled(void)
{
    stop_at_veil();
    OF(get)(ring, veiled);
    shared->done++;
}

static void until_inside(pid_t pid)
{
    while (!shared->inside && !gone(pid))
        moment();
}

static void an_item_is_there_when_all_of_it_is(void **state)
{
    (void)state;
    make_veiled(2);
    pid_t putter = child(put_veiled);
    until_inside(putter);
    STEP("a process is in the middle of copying an item into the ring");
    pid_t getter = child(get_one);
    if (shared->inside)
        until_settled(getter);
    CHECK(!shared->inside || shared->done == 0,
          "a process was still copying the item in, and another one got it: "
          "first the data, then the news that it is there. Copy, and only "
          "then count the item");
    gate_open(shared->gate);
    ended(putter, "the putter went on");
    got_one(getter);
    drop();
}

static void put_item_two(void)
{
    put(2);
}

static void a_slot_is_free_when_all_of_it_was_copied(void **state)
{
    (void)state;
    make_veiled(1);
    put(1);
    pid_t getter = child(get_veiled);
    until_inside(getter);
    STEP("a process is in the middle of copying an item out of the ring, "
         "which has one slot");
    pid_t putter = child(put_item_two);
    if (shared->inside)
        until_settled(putter);
    gate_open(shared->gate);
    IF_STUCK("after an item was got there is room for another one: " BETWEEN);
    ended(getter, "the getter went on");
    CHECK(is_item(veiled, 1),
          "a process was still copying the item out, and another one had put "
          "a new one over it: first copy, and only then say that there is "
          "room");
    ended(putter, "there was room for item 2");
    check_get(2);
    drop();
}

/* ---- many items ----------------------------------------------------- */

static unsigned many;

static void put_many(void)
{
    for (unsigned n = 0; n < many; n++)
        put(n);
}

static void cross(size_t capacity, size_t size, unsigned items)
{
    many = items;
    make(capacity, size);
    pid_t pid = child(put_many);
    for (unsigned n = 0; n < many; n++)
        CHECK(get(n),
              "one process puts %u items of %zu bytes, another one gets them, "
              "at the same time: item %u was the next one, and what came is "
              "another one, or not all of it. Data first, then its index",
              many, size, n);
    ended(pid, "the producer has put them all");
    drop();
}

static void many_items_cross_in_order(void **state)
{
    (void)state;
    IF_STUCK("one process puts, another gets, and now both wait: a wake-up "
             "got lost. Between looking whether there is something and going "
             "to sleep, the other side moved");
    cross(1, 4, 1000);
    cross(3, 72, 4000);
    cross(64, 8, 10000);
}

static RING *back;

static void answer_many(void)
{
    RING *there = ring;

    for (unsigned n = 0; n < many; n++) {
        ring = there;
        ISLAND_CHECK(get(n), "question %u is the next one", n);
        ring = back;
        put(n);
    }
}

static void two_rings_make_a_conversation(void **state)
{
    (void)state;
    many = 1000;
    back = made_of(1, 8);
    make(1, 8);
    RING *there = ring;
    IF_STUCK("one process asks, another one answers, and now both wait: a "
             "wake-up got lost. Between looking whether there is something "
             "and going to sleep, the other side moved");
    pid_t pid = child(answer_many);
    for (unsigned n = 0; n < many; n++) {
        ring = there;
        put(n);
        ring = back;
        check_get(n);
    }
    ended(pid, "the other one has answered all of them");
    drop();
    ring = there;
    drop();
}

/* ---- the end of it -------------------------------------------------- */

static void put_and_destroy(void)
{
    put(1);
    drop();
}

static void get_after_it_was_destroyed(void)
{
    gate_wait(shared->gate);
    for (unsigned n = 2; n < 40; n++)
        ISLAND_CHECK(get(n), "item %u was the next one", n);
}

static void put_after_it_was_destroyed(void)
{
    gate_wait(shared->gate);
    for (unsigned n = 2; n < 40; n++)
        put(n);
}

static void destroying_is_for_one_process_only(void **state)
{
    (void)state;
    share();
    shared->gate = gate_new(3);
    make(2, 4);
    ended(child(put_and_destroy), "a child puts an item and destroys");
    IF_STUCK("a process has destroyed its ring, and the others cannot go on: "
             "give back this process's memory, and destroy nothing in it");
    CHECK(get(1), "a child has destroyed its ring; the others still use "
                  "theirs: give back this process's memory, and destroy "
                  "nothing in it");
    pid_t getter = child(get_after_it_was_destroyed);
    pid_t putter = child(put_after_it_was_destroyed);
    drop();
    gate_wait(shared->gate);
    ended(putter, "who made the ring has destroyed it; the others go on");
    ended(getter, "who made the ring has destroyed it; the others go on");
}

static void destroy_none(void)
{
    signal(SIGSEGV, SIG_DFL); /* that the child dies is for us to tell */
    signal(SIGABRT, SIG_DFL);
    OF(destroy)(NULL);
}

static void destroying_none_does_nothing(void **state)
{
    (void)state;
    make(1, 1);
    drop();
    ended(child(destroy_none), DESTROY
          "(NULL) does nothing, as free(NULL) does: look whether there is a "
          "ring before you look into it");
}

static void all_memory_is_given_back(void **state)
{
    (void)state;
    for (size_t size = 1; size < 60000; size = size * 5 + 3)
        for (size_t capacity = 1; capacity < 10; capacity += 4) {
            make(capacity, size);
            put(1);
            drop();
            leftovers_check();
        }
    /* Around a page the head of the structure decides. */
    for (size_t size = 3500; size <= 4200; size += 7) {
        make(1, size);
        drop();
        leftovers_check();
    }
}

static void none_of_something_is_invalid(void **state)
{
    static const size_t none[][2] = {{0, 1}, {1, 0}, {0, 0}, {0, SIZE_MAX}};

    (void)state;
    for (int i = 0; i < 4; i++) {
        errno = 0;
        RING *r = OF(create)(none[i][0], none[i][1]);
        CHECK(r == NULL && errno == EINVAL,
              "a ring of %zu items of %zu bytes is none: set errno to "
              "EINVAL, and return NULL",
              none[i][0], none[i][1]);
    }
}

static void create_and_use(void)
{
    item_size = 100;
    errno = 0;
    ring = OF(create)(10, item_size);
    if (ring == NULL && sea_hit()) {
        CHECK(errno != 0, "a failure tells its reason in errno");
        return;
    }
    CHECK(ring != NULL, "nothing has failed, so " CREATE " succeeds");
    put(7);
    check_get(7);
    drop();
}

static void there_may_be_no_memory(void **state)
{
    (void)state;
    sea_every(create_and_use, SEA_ERRORS);
}

/* 64 MiB are left for this process, and no file is too large. */
static void use_little_memory(void)
{
    struct rlimit limit;
    long pages = 0;
    FILE *statm = fopen("/proc/self/statm", "r");

    signal(SIGXFSZ, SIG_IGN);
    if (statm && fscanf(statm, "%ld", &pages) == 1) {
        getrlimit(RLIMIT_AS, &limit);
        limit.rlim_cur =
            (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (64 << 20);
        setrlimit(RLIMIT_AS, &limit);
    }
    if (statm)
        fclose(statm);
}

static const struct {
    size_t capacity, item_size;
} huge[] = {
    {SIZE_MAX, 1},          {1, SIZE_MAX},
    {SIZE_MAX, SIZE_MAX},   {SIZE_MAX - 1, 1},
    {SIZE_MAX / 2 + 1, 2},  {2, SIZE_MAX / 2 + 1},
    {SIZE_MAX / 2 + 2, 2},  {SIZE_MAX / 3 + 1, 3},
    {SIZE_MAX / 8, 8},      {SIZE_MAX / 8 + 1, 8},
    {SIZE_MAX / 8 + 2, 8},  {SIZE_MAX / 64, 64},
    {1ul << 32, 1ul << 32}, {(1ul << 32) + 1, 1ul << 32},
    {(1ul << 32) + 1, 1},   {1, (1ul << 32) + 1},
    {1ul << 32, 2},         {(1ul << 31) + 1, 2},
    {1ul << 16, 1ul << 16}, {(1ul << 16) + 1, 1ul << 16},
    {1ul << 40, 1},         {1, 1ul << 62},
    {1ul << 31, 1ul << 33},
};
static size_t which;

static void create_a_huge_one(void)
{
    use_little_memory();
    errno = 0;
    RING *r = OF(create)(huge[which].capacity, huge[which].item_size);
    _exit(r != NULL ? 1 : errno == 0 ? 2 : 0);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    make(1, 1);
    drop();
    for (which = 0; which < sizeof(huge) / sizeof(huge[0]); which++)
        ended(child(create_a_huge_one),
              "a ring was made that needs more memory than there is, or none "
              "without errno. capacity * item_size overflows, and comes out "
              "small: divide before you multiply; and count in size_t, since "
              "an int or an unsigned holds 32 bits only");
}

/* ---- far along ------------------------------------------------------ */

#include "far.h"

#endif
