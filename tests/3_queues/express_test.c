/*
 * express_test.c — facts about express_create, _put, _get, _try_put,
 * _try_get and _destroy: those of every ring, and those of this one.
 */
#include "express.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#define RING struct express
#define OF(f) express_##f
#define BETWEEN                                                                \
    "a futex wakes only processes it is shared with: it has to lie in shared " \
    "memory, and FUTEX_PRIVATE_FLAG must not be set"
#define WITHOUT_END
#include "ring_facts.h"

static bool try_put(unsigned n)
{
    write_item(going, n);
    return express_try_put(ring, going);
}

/* 1: item n; 0: none; -1: something else. */
static int try_get(unsigned n)
{
    memset(coming + GUARD, ~byte_of(n, 0), item_size);
    if (!express_try_get(ring, coming + GUARD))
        return 0;
    return is_item(coming + GUARD, n) ? 1 : -1;
}

/* ---- without waiting ------------------------------------------------ */

static void try_put_is_false_when_the_ring_is_full(void **state)
{
    (void)state;
    IF_STUCK("express_try_put waits, and is not to: when the ring is full it "
             "returns false");
    for (size_t capacity = 1; capacity <= 9; capacity++) {
        make(capacity, 4);
        for (unsigned n = 0; n < capacity; n++)
            CHECK(try_put(n), "there is room for %zu items: try_put is true",
                  capacity);
        for (int i = 0; i < 3; i++)
            CHECK(!try_put(99),
                  "a ring of capacity %zu is full with %zu "
                  "items: try_put is false, and puts nothing",
                  capacity, capacity);
        check_get(0);
        CHECK(try_put((unsigned)capacity),
              "an item was got, so there is room for one again");
        CHECK(!try_put(99), "and now the ring is full again");
        for (unsigned n = 1; n <= capacity; n++)
            check_get(n);
        drop();
    }
}

static void try_get_is_false_when_the_ring_is_empty(void **state)
{
    (void)state;
    IF_STUCK("express_try_get waits, and is not to: when the ring is empty "
             "it returns false");
    make(3, 4);
    for (unsigned n = 0; n < 20; n++) {
        for (int i = 0; i < 2; i++)
            CHECK_EQ(try_get(n), 0,
                     "the ring is empty: express_try_get is false");
        put(n);
        CHECK_EQ(try_get(n), 1, "item %u was put: try_get is true", n);
    }
    drop();
}

static void hand_over(void)
{
    for (unsigned n = 0; n < many;)
        n += try_put(n) || sched_yield() != 0;
}

static void those_that_try_may_meet(void **state)
{
    int got = 0;

    (void)state;
    many = 5000;
    make(3, 40);
    pid_t pid = child(hand_over);
    for (unsigned n = 0; n < many; n += got != 0) {
        got = try_get(n);
        if (got == 0)
            sched_yield();
        CHECK(got >= 0,
              "one process tries to put, another one to get, at the same "
              "time: item %u was the next one, and what came is another one, "
              "or not all of it. Data first, then its index",
              n);
    }
    ended(pid, "all items were put");
    drop();
}

static void get_three(void)
{
    for (unsigned n = 0; n < 3; n++, shared->done++)
        ISLAND_CHECK(get(n), "item %u was the next one", n);
}

static void put_four(void)
{
    for (unsigned n = 0; n < 4; n++, shared->done++)
        put(n);
}

static void check_woken(pid_t pid, unsigned done, const char *how)
{
    until_settled(pid);
    CHECK_EQ(shared->done, done, "%s", how);
}

static void those_that_try_wake_a_sleeper(void **state)
{
    (void)state;
    share();
    make(1, 4);
    pid_t pid = child(get_three);
    for (unsigned n = 0; n < 3; n++) {
        until_settled(pid);
        CHECK(try_put(n), "the ring is empty, so there is room");
        check_woken(pid, n + 1,
                    "a process sleeps in express_get. Then another one put an "
                    "item with express_try_put: it wakes a sleeper, as "
                    "express_put does");
    }
    ended(pid, "the child got three items");
    share();
    pid = child(put_four);
    for (unsigned n = 0; n < 3; n++) {
        until_settled(pid);
        CHECK_EQ(try_get(n), 1, "the ring is full, so there is an item");
        check_woken(pid, n + 2,
                    "a process sleeps in express_put. Then another one made "
                    "room with express_try_get: it wakes a sleeper, as "
                    "express_get does");
    }
    ended(pid, "the child put four items");
    drop();
}

/* ---- how it waits --------------------------------------------------- */

static struct {
    unsigned long long begun; /* CPU time when the call began, ns */
} * clocked;

static void get_clocked(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    clocked->begun =
        (unsigned long long)t.tv_sec * 1000000000 + (unsigned)t.tv_nsec;
    get_one();
}

/* CPU time between the beginning of the call and the sleep. It is the best
 * of some times: the machine may be slow now and then. */
static void who_waits_is_asleep_soon(void **state)
{
    enum { TIMES = 5, ENOUGH = 20000000 };
    unsigned long long best = ~0ull;

    (void)state;
    share();
    clocked = fact_shared(sizeof(*clocked));
    make(2, 4);
    IF_STUCK("a process slept in express_get, and an item was put: " BETWEEN);
    for (int i = 0; i < TIMES && best > ENOUGH; i++) {
        pid_t pid = child(get_clocked);
        until_settled(pid);
        if (ran(pid) - clocked->begun < best)
            best = ran(pid) - clocked->begun;
        put(1);
        got_one(pid);
    }
    CHECK(best <= ENOUGH,
          "nothing was there, and express_get ran in circles for %llu ms "
          "before it slept, if it slept at all: look some times, for some "
          "microseconds, and then sleep",
          best / 1000000);
    drop();
}

/* ---- without system calls ------------------------------------------- */

/* What the logbook itself needs. Everything else is refused from here on,
 * and the refusal is a signal that tells the call. */
static void refuse_system_calls(void)
{
#define PASS(call)                                                             \
    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                     \
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        PASS(exit_group),
        PASS(rt_sigreturn),
        PASS(getpid),
        PASS(gettid),
        PASS(clock_gettime),
        PASS(process_vm_readv),
        PASS(sigaltstack), /* the address sanitizer */
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
    };
    struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};

    /* Where the kernel does not let us, the logbook alone has to do. */
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static const char *call_of(int number)
{
    static char text[24];

    switch (number) {
    case SYS_futex:
        return "futex";
    case SYS_sched_yield:
        return "sched_yield";
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
        return "nanosleep";
    case SYS_read:
        return "read";
    case SYS_write:
        return "write";
    default:
        snprintf(text, sizeof(text), "call %d", number);
        return text;
    }
}

static const char *doing;

static void on_refused(int signal, siginfo_t *info, void *context)
{
    (void)signal, (void)context;
    errno = 0;
    ISLAND_CHECK(false,
                 "%s made a system call (%s) although nobody is asleep: while "
                 "there is room and there are items, a put and a get are some "
                 "instructions. Wake only when the other side has said that "
                 "it sleeps",
                 doing, call_of(info->si_syscall));
}

static int locks(void)
{
    return sea_count_here(SEA_pthread_mutex_lock) +
           sea_count_here(SEA_pthread_mutex_trylock) +
           sea_count_here(SEA_pthread_mutex_timedlock) +
           sea_count_here(SEA_pthread_rwlock_wrlock) +
           sea_count_here(SEA_pthread_spin_lock);
}

static void fill_and_drain(void)
{
    struct sigaction action = {.sa_sigaction = on_refused,
                               .sa_flags = SA_SIGINFO};

    sigaction(SIGSYS, &action, NULL);
    refuse_system_calls();
    for (unsigned round = 0; round < 50; round++) {
        doing = "express_put";
        put(1);
        put(2);
        doing = "express_try_put";
        try_put(3);
        try_put(4);
        try_put(5);
        doing = "express_get";
        ISLAND_CHECK(get(1) && get(2), "items 1 and 2 come first");
        doing = "express_try_get";
        ISLAND_CHECK(try_get(3) == 1 && try_get(4) == 1 && try_get(5) == 0,
                     "items 3 and 4 are left, and then none");
    }
    ISLAND_CHECK(locks() == 0,
                 "a lock was taken %d times: a ring between one "
                 "producer and one consumer needs none, since "
                 "each index is written by one of them only",
                 locks());
}

static void no_system_call_while_nobody_sleeps(void **state)
{
    (void)state;
    make(4, 8);
    IF_STUCK("a process waits, and there are items and there is room");
    ended(child(fill_and_drain), "a child puts and gets");
    drop();
}

static void put_five(void)
{
    for (unsigned n = 1; n <= 5; n++)
        put(n);
}

static void no_system_call_after_sleepers_woke_up(void **state)
{
    (void)state;
    share();
    make(4, 8);
    IF_STUCK("a process slept, and was not woken: " BETWEEN);
    for (int i = 0; i < 2; i++) {
        pid_t pid = child(get_one);
        until_settled(pid);
        put(1);
        got_one(pid);
        pid = child(put_five);
        until_settled(pid);
        for (unsigned n = 1; n <= 5; n++)
            check_get(n);
        ended(pid, "it was asleep in express_put, and was woken");
    }
    put(6);
    check_get(6);
    STEP("both sides have slept, and have been woken");
    ended(child(fill_and_drain), "nobody is asleep any more");
    drop();
}

/* ---- without locks -------------------------------------------------- */

static void get_nine_and_eight(void)
{
    ISLAND_CHECK(get(9) && get(8), "items 9 and 8 were there before");
    ISLAND_CHECK(try_get(1) == 0, "item 1 is not all there yet");
}

static void who_stops_in_the_middle_stops_nobody(void **state)
{
    static const char without_locks[] =
        "a process has stopped in the middle of a copy, and the other side "
        "cannot go on, although there are items and there is room: it waits "
        "for a lock that the first one holds. Each index is written by one "
        "side only, so none is needed";

    (void)state;
    make_veiled(4);
    IF_STUCK("%s", without_locks);
    put(9);
    put(8);
    pid_t putter = child(put_veiled);
    until_inside(putter);
    pid_t getter = child(get_nine_and_eight);
    until_settled(getter);
    CHECK(!shared->inside || gone(getter), "%s", without_locks);
    gate_open(shared->gate);
    ended(putter, "the putter went on");
    ended(getter, "the getter got what was there");
    check_get(1);
    drop();
}

/* ---- without end ---------------------------------------------------- */

static void it_counts_on_behind_SIZE_MAX(void **state)
{
    (void)state;
    for (size_t capacity = 3; capacity <= 6; capacity += 3) {
        far_behind_what_a_size_t_can_count(capacity);
        drop();
    }
}

/* In express_ways.c. */
void no_order_breaks_a_ring_with_one_slot(void **state);
void no_order_loses_a_wake_up(void **state);
void no_order_loses_a_wake_up_for_room(void **state);
void no_order_loses_one_of_two_wake_ups(void **state);
void no_order_confuses_those_that_try(void **state);
void who_dies_in_a_put_stops_no_get(void **state);
void who_dies_in_a_get_stops_no_put(void **state);

static const struct CMUnitTest facts[] = {
    FACT(what_is_put_can_be_got),
    FACT(it_holds_as_many_items_as_its_capacity),
    FACT(it_goes_round_with_any_capacity),
    FACT(items_have_any_size),
    FACT(what_lies_behind_the_slots_is_not_touched),
    FACT(two_rings_are_independent),
    FACT(children_and_grandchildren_share_it),
    FACT(what_was_put_outlives_who_put_it),
    FACT(who_puts_and_who_gets_may_change),
    FACT(put_waits_while_the_ring_is_full),
    FACT(get_waits_while_the_ring_is_empty),
    FACT(put_sleeps_while_it_waits),
    FACT(get_sleeps_while_it_waits),
    FACT(a_signal_does_not_end_a_wait_for_room),
    FACT(a_signal_does_not_end_a_wait_for_an_item),
    FACT(an_item_is_there_when_all_of_it_is),
    FACT(a_slot_is_free_when_all_of_it_was_copied),
    FACT(many_items_cross_in_order),
    FACT(two_rings_make_a_conversation),
    FACT(it_goes_on_behind_four_thousand_million_items),
    FACT(destroying_is_for_one_process_only),
    FACT(destroying_none_does_nothing),
    FACT(all_memory_is_given_back),
    FACT(none_of_something_is_invalid),
    FACT(there_may_be_no_memory),
    FACT(what_does_not_fit_is_refused),
    FACT(try_put_is_false_when_the_ring_is_full),
    FACT(try_get_is_false_when_the_ring_is_empty),
    FACT(those_that_try_may_meet),
    FACT(those_that_try_wake_a_sleeper),
    FACT(who_waits_is_asleep_soon),
    FACT(no_system_call_while_nobody_sleeps),
    FACT(no_system_call_after_sleepers_woke_up),
    FACT(who_stops_in_the_middle_stops_nobody),
    FACT(it_counts_on_behind_SIZE_MAX),
    FACT(no_order_breaks_a_ring_with_one_slot),
    FACT(no_order_loses_a_wake_up),
    FACT(no_order_loses_a_wake_up_for_room),
    FACT(no_order_loses_one_of_two_wake_ups),
    FACT(no_order_confuses_those_that_try),
    FACT(who_dies_in_a_put_stops_no_get),
    FACT(who_dies_in_a_get_stops_no_put),
};
EXERCISE("3_queues/express", "futex(2), futex(7), <stdatomic.h>", facts)
