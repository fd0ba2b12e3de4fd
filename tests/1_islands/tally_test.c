/*
 * tally_test.c — is no update lost, and nothing else touched?
 */
#include "fact.h"
#include "tally.h"

#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static struct tally *tally; /* for the functions that children run */

/*
 * Mappings are placed one below the other. Whoever writes behind the end of
 * one made now, hits memory that nobody may touch.
 */
static void fence(size_t size)
{
    mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
         0);
}

static struct tally *opened(int slots)
{
    fence(1 << 20);

    struct tally *new = (errno = 0, tally_open(slots));

    CHECK(new != NULL, "there is memory for %d counters: tally_open succeeds",
          slots);
    return new;
}

/* In a child: part(), and then leave. Returns how it ended. */
static int in_a_child(void (*part)(void))
{
    int wstatus = 0;
    pid_t pid = fact_fork();

    if (pid == 0) {
        signal(SIGSEGV, SIG_DFL); /* that the child dies is for us to tell */
        signal(SIGBUS, SIG_DFL);
        part();
        _exit(0);
    }
    waitpid(pid, &wstatus, 0);
    return wstatus;
}

static void every_counter_begins_at_zero(void **state)
{
    struct tally *t = opened(3);

    (void)state;
    for (int i = 0; i < 3; i++)
        CHECK_EQ(tally_read(t, i), 0, "all counters are 0 at the beginning");
    tally_close(t);
}

static void adding_changes_one_counter(void **state)
{
    struct tally *t = opened(3);

    (void)state;
    tally_add(t, 1, 5);
    tally_add(t, 1, 37);
    tally_add(t, 2, -2);
    CHECK_EQ(tally_read(t, 1), 42, "5 and 37 were added to counter 1");
    CHECK_EQ(tally_read(t, 2), -2, "a delta may be negative, and a sum too");
    CHECK_EQ(tally_read(t, 0), 0, "nobody has added to counter 0");
    tally_close(t);
}

static void it_counts_beyond_what_an_int_holds(void **state)
{
    struct tally *t = opened(2);

    (void)state;
    tally_add(t, 0, 3000000000);
    tally_add(t, 0, 3000000000);
    CHECK_EQ(tally_read(t, 0), 6000000000,
             "a counter is a long, not an int, and so is a delta");
    tally_max(t, 1, 6000000000);
    CHECK_EQ(tally_read(t, 1), 6000000000, "a value is a long, not an int");
    tally_close(t);
}

static void it_wraps_around_like_unsigned(void **state)
{
    struct tally *t = opened(1);

    (void)state;
    tally_add(t, 0, LONG_MAX);
    tally_add(t, 0, 1);
    CHECK_EQ(tally_read(t, 0), LONG_MIN,
             "LONG_MAX and 1 wrap around to LONG_MIN. atomic_fetch_add does "
             "that; a signed + of your own overflows, which C does not "
             "allow: add as unsigned long");
    tally_add(t, 0, -1);
    CHECK_EQ(tally_read(t, 0), LONG_MAX, "and back again");
    tally_close(t);
}

static void max_raises_and_never_lowers(void **state)
{
    struct tally *t = opened(2);

    (void)state;
    tally_max(t, 0, 7);
    CHECK_EQ(tally_read(t, 0), 7, "0 was smaller than 7: raise it to 7");
    tally_max(t, 0, 3);
    CHECK_EQ(tally_read(t, 0), 7, "7 is not smaller than 3: leave it alone");
    tally_max(t, 0, LONG_MAX);
    CHECK_EQ(tally_read(t, 0), LONG_MAX, "nothing is larger than LONG_MAX");
    CHECK_EQ(tally_read(t, 1), 0, "nobody has raised counter 1");
    tally_close(t);
}

static void max_knows_negative_numbers(void **state)
{
    struct tally *t = opened(2);

    (void)state;
    tally_max(t, 0, -5);
    CHECK_EQ(tally_read(t, 0), 0,
             "a counter begins at 0, and 0 is not smaller than -5");
    tally_add(t, 0, -10);
    tally_max(t, 0, -5);
    CHECK_EQ(tally_read(t, 0), -5, "-10 is smaller than -5: raise it to -5");
    tally_add(t, 1, LONG_MIN);
    tally_max(t, 1, LONG_MAX);
    CHECK_EQ(tally_read(t, 1), LONG_MAX,
             "LONG_MIN is smaller than LONG_MAX: compare the two with <, "
             "since their difference does not fit in a long");
    tally_close(t);
}

/* One memory for all of them. */
static void add_one_hundred(void)
{
    tally_add(tally, 1, 100);
}

static void add_ten_and_have_a_child(void)
{
    ISLAND_CHECK(tally_read(tally, 1) == 1,
                 "the child reads what its parent wrote");
    tally_add(tally, 1, 10);
    in_a_child(add_one_hundred);
}

static void children_and_grandchildren_share_it(void **state)
{
    (void)state;
    tally = opened(2);
    tally_add(tally, 1, 1);
    CHECK_STATUS(in_a_child(add_ten_and_have_a_child), EXITED(0),
                 "a child adds to a counter that its parent has made");
    CHECK_EQ(tally_read(tally, 1), 111,
             "1 is from here, 10 from a child and 100 from a grandchild. "
             "fork copies memory, unless it is a mapping made with MAP_SHARED");
    tally_close(tally);
}

static struct gate *gate;

static void read_what_comes_later(void)
{
    gate_wait(gate);
    ISLAND_CHECK(tally_read(tally, 0) == 5 && tally_read(tally, 1) == 6,
                 "what the parent writes after fork, the child has to see as "
                 "well: fork copies memory, unless it is a mapping made with "
                 "MAP_SHARED");
}

static void a_child_sees_what_is_written_after_fork(void **state)
{
    int wstatus;

    (void)state;
    tally = opened(2);
    gate = gate_new(2);
    pid_t pid = fact_fork();

    if (pid == 0) {
        read_what_comes_later();
        _exit(0);
    }
    tally_add(tally, 0, 5);
    tally_max(tally, 1, 6);
    gate_wait(gate);
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0), "the child read 5 and 6");
    tally_close(tally);
}

static void add_and_be_killed(void)
{
    tally_add(tally, 0, 8);
    tally_max(tally, 1, 9);
    raise(SIGKILL);
}

static void what_was_counted_outlives_who_counted(void **state)
{
    (void)state;
    tally = opened(2);
    CHECK_STATUS(in_a_child(add_and_be_killed), KILLED(SIGKILL),
                 "a child counts, and is killed afterwards");
    CHECK_EQ(tally_read(tally, 0), 8,
             "the child had added before it was killed: an update is there "
             "for all as soon as tally_add returns");
    CHECK_EQ(tally_read(tally, 1), 9, "the same is true of tally_max");
    tally_close(tally);
}

/*
 * Another process comes in, for certain: the counters' memory is made
 * read-only for one child. Its first write stops it, in the middle of its
 * update, until the test's own process has made another one; then the write
 * is done after all. A right answer writes and looks in one step, or holds a
 * lock, and nothing is lost.
 */
enum { REGIONS = 8 };

static struct {
    char *from;
    size_t size;
} region[REGIONS];
static int regions;

static struct {
    atomic_bool inside, done;
} * meeting;

static void read_maps(char *text, size_t cap)
{
    FILE *maps = fopen("/proc/self/maps", "r");
    size_t n = maps ? fread(text, 1, cap - 1, maps) : 0;

    text[n] = '\0';
    if (maps)
        fclose(maps);
}

/* Which shared mappings has tally_open made? */
static void open_and_find_memory(void)
{
    static char before[1 << 17], after[1 << 17];
    char *from, *to, *rest, mode[5], start[40];

    read_maps(before, sizeof(before));
    tally = opened(2);
    read_maps(after, sizeof(after));
    regions = 0;
    for (char *line = strtok_r(after, "\n", &rest); line;
         line = strtok_r(NULL, "\n", &rest)) {
        snprintf(start, sizeof(start), "%.*s", (int)strcspn(line, " "), line);
        if (strstr(before, start) || regions == REGIONS ||
            sscanf(line, "%p-%p %4s", (void **)&from, (void **)&to, mode) < 3 ||
            strcmp(mode, "rw-s") != 0)
            continue;
        region[regions].from = from;
        region[regions++].size = (size_t)(to - from);
    }
}

static void protect(int how)
{
    for (int i = 0; i < regions; i++)
        mprotect(region[i].from, region[i].size, how);
}

/* Not for ever: if the other one waits for a lock that we hold, go on. */
static void on_write(int signal)
{
    (void)signal;
    protect(PROT_READ | PROT_WRITE);
    meeting->inside = true;
    for (int i = 0; i < 200 && !meeting->done; i++)
        moment();
}

static void come_in_while(void (*update)(void), void (*other)(void))
{
    struct sigaction action = {.sa_handler = on_write,
                               .sa_flags = (int)SA_RESETHAND};
    int wstatus;

    meeting = fact_shared(sizeof(*meeting));
    pid_t pid = fact_fork();

    if (pid == 0) {
        sigaction(SIGSEGV, &action, NULL);
        protect(PROT_READ);
        update();
        meeting->inside = true;
        _exit(0);
    }
    while (!meeting->inside && !gone(pid))
        moment();
    other();
    meeting->done = true;
    waitpid(pid, &wstatus, 0);
    CHECK_STATUS(wstatus, EXITED(0),
                 "a child updates a counter, and then leaves by itself");
}

static void add_one(void)
{
    tally_add(tally, 1, 1);
}

static void add_ten(void)
{
    tally_add(tally, 1, 10);
}

static void another_process_may_come_in_while_adding(void **state)
{
    (void)state;
    open_and_find_memory();
    come_in_while(add_one, add_ten);
    CHECK_EQ(tally_read(tally, 1), 11,
             "a child added 1, and in the middle of it another process came "
             "in and added 10. Load, add and store in one step, so that "
             "nobody can come in between: atomic_fetch_add");
    tally_close(tally);
}

static void raise_to_300(void)
{
    tally_max(tally, 1, 300);
}

static void raise_to_100(void)
{
    tally_max(tally, 1, 100);
}

static void another_process_may_come_in_while_raising(void **state)
{
    (void)state;
    open_and_find_memory();
    come_in_while(raise_to_100, raise_to_300);
    CHECK_EQ(tally_read(tally, 1), 300,
             "a child was raising a counter from 0 to 100, and in the middle "
             "of it another process came in and raised it to 300. Look and "
             "write in one step: atomic_compare_exchange, and where it "
             "fails, look at the new value and ask again");
    tally_close(tally);
    open_and_find_memory();
    come_in_while(raise_to_300, raise_to_100);
    CHECK_EQ(tally_read(tally, 1), 300,
             "a child was raising a counter from 0 to 300, and in the middle "
             "of it another process came in and raised it to 100. Where "
             "atomic_compare_exchange fails, look at the new value and try "
             "again");
    tally_close(tally);
}

/*
 * The races: two children update without a pause, and the test's own process
 * comes in again and again, at some point that the timer chooses. A right
 * answer is right whatever the timer does.
 */
enum { PRICKS = 150, BURST = 100, RUNNERS = 2 };

static struct race {
    atomic_bool over;
    atomic_bool sunk; /* a counter of tally_max went down */
    atomic_long added[RUNNERS], highest[RUNNERS + 1];
} * race;

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Not for ever, for the case that the test's process gets stuck. */
static bool go_on(double since)
{
    return !race->over && seconds() < since + 0.2;
}

static void run_race(void (*run)(int me), void (*come_in)(int time))
{
    int wstatus;
    pid_t pid[RUNNERS];

    gate = gate_new(RUNNERS + 1);
    race = fact_shared(sizeof(*race));
    for (int i = 0; i < RUNNERS; i++)
        if ((pid[i] = fact_fork()) == 0) {
            gate_wait(gate);
            run(i);
            _exit(0);
        }
    gate_wait(gate);
    for (int time = 1; time <= PRICKS && !race->sunk; time++) {
        blink();
        come_in(time);
    }
    race->over = true;
    for (int i = 0; i < RUNNERS; i++) {
        waitpid(pid[i], &wstatus, 0);
        CHECK_STATUS(wstatus, EXITED(0),
                     "a child updates counters, and then leaves by itself");
    }
}

static void add_without_pause(int me)
{
    for (double start = seconds(); go_on(start);)
        for (int i = 0; i < 500; i++, race->added[me]++)
            tally_add(tally, 1, 1);
}

static void add_a_few(int time)
{
    (void)time;
    for (int i = 0; i < BURST; i++)
        tally_add(tally, 1, 1);
}

static void no_addition_is_lost(void **state)
{
    long sum = (long)PRICKS * BURST;

    (void)state;
    tally = opened(2);
    IF_STUCK("a process waits for a lock that nobody will give it: a mutex "
             "in shared memory needs PTHREAD_PROCESS_SHARED, a semaphore a "
             "pshared of 1. Or do without a lock: atomic_fetch_add");
    run_race(add_without_pause, add_a_few);
    for (int i = 0; i < RUNNERS; i++)
        sum += race->added[i];
    CHECK_EQ(tally_read(tally, 1), sum,
             "three processes added 1 to the same counter, so many times in "
             "all, and some of it was lost: between loading the old value and "
             "storing the new one, another process came in. Load, add and "
             "store in one step: atomic_fetch_add");
    tally_close(tally);
}

/* A counter that is only ever raised never goes down. */
static void raise_to(int me, long value)
{
    race->highest[me] = value;
    tally_max(tally, 0, value);
    if (tally_read(tally, 0) < value)
        race->sunk = true;
}

static void climb(int me)
{
    for (double start = seconds(); go_on(start);)
        for (int i = 0; i < 500; i++) {
            raise_to(me, tally_read(tally, 0) + 1000);
            tally_max(tally, 0, 1); /* is low, and does nothing */
        }
}

/* Far above the climbers, so that one of them writes a smaller value if it
 * does not look again; or just above, so that it gives up if it looks once. */
static void jump(int time)
{
    long now = 0;

    for (int look = 0; look < 50; look++) {
        now = tally_read(tally, 0);
        if (now < race->highest[RUNNERS])
            race->sunk = true;
    }
    raise_to(RUNNERS, time % 2 ? now + (1L << 45) : now + 1);
}

static void a_maximum_never_sinks(void **state)
{
    long highest = 0;

    (void)state;
    tally = opened(2);
    IF_STUCK("a process waits for a lock that nobody will give it: a mutex "
             "in shared memory needs PTHREAD_PROCESS_SHARED, a semaphore a "
             "pshared of 1. Or do without a lock: compare and exchange");
    run_race(climb, jump);
    CHECK(!race->sunk,
          "three processes raised the same counter, and it went down: "
          "between looking at the old value and writing the new one, another "
          "process had raised it further. Use atomic_compare_exchange, and "
          "where it fails, look at the new value and ask again");
    for (int i = 0; i <= RUNNERS; i++)
        if (race->highest[i] > highest)
            highest = race->highest[i];
    CHECK_EQ(tally_read(tally, 0), highest,
             "three processes raised the same counter, and in the end it is "
             "the highest of all the values they gave");
    tally_close(tally);
}

static void touch_what_is_not_there(void)
{
    static const int slot[] = {-1,      4,           5,      -2,      -3,
                               64,      1000,        100000, -100000, INT_MAX,
                               INT_MIN, INT_MIN + 1, 1 << 29};

    for (size_t i = 0; i < sizeof(slot) / sizeof(slot[0]); i++) {
        tally_add(tally, slot[i], -1000000);
        tally_max(tally, slot[i], LONG_MAX);
        ISLAND_CHECK(tally_read(tally, slot[i]) == 0,
                     "slot %d of 4 does not exist, and is read as 0: slots "
                     "are numbered from 0 to 3",
                     slot[i]);
    }
}

static void slots_that_do_not_exist_are_left_alone(void **state)
{
    struct tally *before = opened(4);

    (void)state;
    tally = opened(4);
    struct tally *after = opened(4);
    for (int i = 0; i < 4; i++)
        tally_add(tally, i, i + 1);
    CHECK_STATUS(in_a_child(touch_what_is_not_there), EXITED(0),
                 "a slot below 0, or of slots or above, does not exist: look "
                 "before you touch memory that is none of yours");
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(tally_read(tally, i), i + 1,
                 "updates of slots that do not exist are ignored; they have "
                 "changed slot %d",
                 i);
        CHECK(tally_read(before, i) == 0 && tally_read(after, i) == 0,
              "updates of slots that do not exist have changed a counter of "
              "another tally");
    }
    tally_close(before);
    tally_close(tally);
    tally_close(after);
}

/*
 * With some of these numbers the counters fill their last page, and the next
 * one is a fence: the smaller gaps between older mappings are filled first.
 */
static void touch_the_one_behind(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    for (int i = 0; i < 200; i++)
        fence(page);
    for (int slots = 1; slots <= 513; slots++) {
        struct tally *t = tally_open(slots);
        if (t == NULL)
            _exit(1);
        tally_add(t, slots, 1);
        tally_max(t, slots, 1);
        fence(page);
    }
}

static void the_slot_behind_the_last_is_not_touched(void **state)
{
    (void)state;
    tally_close(opened(1));
    CHECK_STATUS(in_a_child(touch_the_one_behind), EXITED(0),
                 "with so many slots, slot number `slots` does not exist: "
                 "the last is slots - 1. Whoever writes behind it, writes "
                 "into memory that is none of theirs");
}

static void fill(void)
{
    for (int i = 0; i < 3000; i++)
        tally_add(tally, i, i + 1);
}

static void every_slot_is_a_counter_of_its_own(void **state)
{
    (void)state;
    tally = opened(3000);
    CHECK_STATUS(in_a_child(fill), EXITED(0),
                 "there are 3000 slots, and each needs a whole counter: the "
                 "mapping is slots * sizeof(counter) bytes long, and what "
                 "you keep beside them");
    for (int i = 0; i < 3000; i++)
        CHECK_EQ(tally_read(tally, i), i + 1,
                 "slot %d is a counter of its own: map slots * sizeof(counter) "
                 "bytes",
                 i);
    tally_close(tally);
}

static void two_tallies_are_independent(void **state)
{
    struct tally *a = opened(2), *b = opened(2);

    (void)state;
    tally_add(a, 0, 1);
    tally_add(b, 0, 20);
    tally_max(b, 1, 30);
    CHECK(tally_read(a, 0) == 1 && tally_read(a, 1) == 0,
          "each tally has memory of its own: keep nothing in static "
          "variables, and give nothing a name that two could share");
    tally_close(a);
    CHECK(tally_read(b, 0) == 20 && tally_read(b, 1) == 30,
          "closing one tally does nothing to another");
    tally_close(b);
}

static void close_it(void)
{
    tally_add(tally, 0, 3);
    tally_close(tally);
}

static void closing_is_for_one_process_only(void **state)
{
    (void)state;
    tally = opened(1);
    CHECK_STATUS(in_a_child(close_it), EXITED(0), "a child counts and closes");
    tally_add(tally, 0, 4);
    CHECK_EQ(tally_read(tally, 0), 7,
             "a child has closed its tally; the others still use theirs: "
             "give back this process's mapping, and destroy nothing in it");
    tally_close(tally);
}

static void close_none(void)
{
    tally_close(NULL);
}

static void closing_none_does_nothing(void **state)
{
    (void)state;
    tally_close(opened(1));
    CHECK_STATUS(in_a_child(close_none), EXITED(0),
                 "tally_close(NULL) does nothing, as free(NULL) does: look "
                 "whether there is a tally before you look into it");
}

static void all_memory_is_given_back(void **state)
{
    (void)state;
    for (int slots = 1; slots < 5000; slots += 499) {
        struct tally *t = opened(slots);
        tally_add(t, slots - 1, 1);
        tally_close(t);
        leftovers_check();
    }
    /* Around a page's worth of counters the head of the structure decides. */
    for (int slots = 505; slots <= 515; slots++) {
        tally_close(opened(slots));
        leftovers_check();
    }
}

static void less_than_one_slot_is_invalid(void **state)
{
    static const int none[] = {0, -1, -1000, INT_MIN};
    struct tally *t;

    (void)state;
    for (int i = 0; i < 4; i++) {
        t = (errno = 0, tally_open(none[i]));
        CHECK(t == NULL && errno == EINVAL,
              "tally_open(%d): there is no such number of counters. Set "
              "errno to EINVAL, and return NULL",
              none[i]);
    }
}

static void open_and_count(void)
{
    struct tally *t = (errno = 0, tally_open(100));

    if (t == NULL && sea_hit()) {
        CHECK(errno != 0, "a failure tells its reason in errno");
        return;
    }
    CHECK(t != NULL, "nothing has failed, so tally_open succeeds");
    tally_add(t, 99, 5);
    CHECK_EQ(tally_read(t, 99), 5, "a tally that was opened can count");
    tally_close(t);
}

static void there_may_be_no_memory(void **state)
{
    (void)state;
    sea_every(open_and_count, SEA_ERRORS);
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

static int too_many;

/* Either there is no memory, or all of it is really there. */
static void use_the_last_of_very_many(void)
{
    use_little_memory();
    struct tally *t = (errno = 0, tally_open(too_many));

    if (t == NULL)
        _exit(errno == 0);
    tally_add(t, too_many - 1, 6);
    _exit(tally_read(t, too_many - 1) != 6);
}

static void very_many_slots_need_very_much_memory(void **state)
{
    (void)state;
    tally_close(opened(1));
    for (int bits = 24; bits <= 31; bits++) {
        too_many = bits == 31 ? INT_MAX : (1 << bits) + 1;
        CHECK_STATUS(in_a_child(use_the_last_of_very_many), EXITED(0),
                     "%d slots need more memory than there is: return NULL "
                     "and mmap's errno. mmap says MAP_FAILED then, which is "
                     "not NULL; and the size has to be computed in size_t, "
                     "since in 32 bits it comes out too small",
                     too_many);
    }
}

/* In tally_ways.c. */
void no_order_of_two_loses_an_addition(void **state);
void no_order_of_three_loses_an_addition(void **state);
void no_order_of_two_lowers_a_maximum(void **state);
void no_order_of_three_lowers_a_maximum(void **state);
void no_order_confuses_adding_and_raising(void **state);

static const struct CMUnitTest facts[] = {
    FACT(every_counter_begins_at_zero),
    FACT(adding_changes_one_counter),
    FACT(it_counts_beyond_what_an_int_holds),
    FACT(it_wraps_around_like_unsigned),
    FACT(max_raises_and_never_lowers),
    FACT(max_knows_negative_numbers),
    FACT(children_and_grandchildren_share_it),
    FACT(a_child_sees_what_is_written_after_fork),
    FACT(what_was_counted_outlives_who_counted),
    FACT(another_process_may_come_in_while_adding),
    FACT(another_process_may_come_in_while_raising),
    FACT(no_addition_is_lost),
    FACT(a_maximum_never_sinks),
    FACT(no_order_of_two_loses_an_addition),
    FACT(no_order_of_three_loses_an_addition),
    FACT(no_order_of_two_lowers_a_maximum),
    FACT(no_order_of_three_lowers_a_maximum),
    FACT(no_order_confuses_adding_and_raising),
    FACT(slots_that_do_not_exist_are_left_alone),
    FACT(the_slot_behind_the_last_is_not_touched),
    FACT(every_slot_is_a_counter_of_its_own),
    FACT(two_tallies_are_independent),
    FACT(closing_is_for_one_process_only),
    FACT(closing_none_does_nothing),
    FACT(all_memory_is_given_back),
    FACT(less_than_one_slot_is_invalid),
    FACT(there_may_be_no_memory),
    FACT(very_many_slots_need_very_much_memory),
};
EXERCISE("1_islands/tally", "mmap(2), fork(2), <stdatomic.h>", facts)
