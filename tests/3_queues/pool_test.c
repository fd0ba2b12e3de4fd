/*
 * pool_test.c — facts about pool_map.
 *
 * A job's item is its number, and its result is worth(number). What the jobs
 * saw of each other stands in `notes`, memory that all of them share. Items
 * are copied in and out: how an answer aligns them is its own affair.
 */
#include <dirent.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "pool.h"
#include "task.h"

enum { MOST = 320, OLD = 0xee, MEGABYTE = 1 << 20, CROWD = 65 };

typedef int job_fn(const void *in, void *out);

static struct notes {
    atomic_int calls[MOST]; /* of fn, for job i */
    atomic_int done[MOST];
    _Atomic pid_t pid[MOST]; /* who did it last */
    atomic_int ended;        /* jobs, of any number */
    atomic_int inside, most; /* in fn at the same time */
    atomic_int exits;        /* exit handlers run, by anybody */
    atomic_int alive;        /* children seen from outside */
    atomic_bool idle_asleep;
} * notes;
static struct gate *gate;
static int memory = 1; /* of which every child has a copy */
static pid_t caller;

/* ---- items and results ----------------------------------------------- */

static struct {
    int in[MOST];
    long before;
    long out[MOST + 1];
} items;

static long worth(int number)
{
    return 1000000007L * number + 42;
}

static int number_of(const void *in)
{
    int number;

    memcpy(&number, in, sizeof(number));
    return number;
}

static int deliver(const void *in, void *out)
{
    long result = worth(number_of(in));

    memcpy(out, &result, sizeof(result));
    return 0;
}

/* The first half of the result only. */
static void deliver_half(const void *in, void *out)
{
    long result = worth(number_of(in));

    memcpy(out, &result, sizeof(result) / 2);
}

static int begin(const void *in)
{
    int number = number_of(in);

    notes->calls[number]++;
    notes->pid[number] = getpid();
    return number;
}

static int finish(const void *in, void *out)
{
    deliver(in, out);
    notes->done[number_of(in)] = 1;
    notes->ended++;
    return 0;
}

static void crash(int sig)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    signal(sig, SIG_DFL);
    raise(sig);
}

static void new_notes(void)
{
    notes = fact_shared(sizeof(*notes));
    caller = getpid();
}

static int map(int workers, job_fn *fn, int n, int retries)
{
    for (int i = 0; i < MOST; i++)
        items.in[i] = i;
    memset(&items.before, OLD, sizeof(items.before) + sizeof(items.out));
    errno = 0;
    return pool_map(workers, fn, items.in, sizeof(items.in[0]), items.out,
                    sizeof(items.out[0]), n, retries);
}

static bool is_old(const void *at, size_t size)
{
    const unsigned char *byte = at;

    while (size > 0 && *byte == OLD)
        byte++, size--;
    return size == 0;
}

static void check_beside(int n)
{
    CHECK(is_old(&items.before, sizeof(items.before)) &&
              is_old(&items.out[n], sizeof(items.out[n])),
          "out has room for n items of out_size bytes: write nothing before "
          "them and nothing behind");
}

static void check_results(int n)
{
    for (int i = 0; i < n; i++)
        CHECK(items.out[i] == worth(i),
              "out[%d] is not the result of job %d%s. Result i belongs at out "
              "+ i * out_size, whoever was done first, and it comes from a "
              "process whose memory is not yours: it needs memory that both "
              "share, or a way to travel",
              i, i,
              is_old(&items.out[i], sizeof(items.out[i]))
                  ? ": nothing has been written there"
                  : "");
    check_beside(n);
}

/* After an error each result is whole or untouched. */
static void check_whole_or_untouched(int n)
{
    for (int i = 0; i < n; i++)
        CHECK(items.out[i] == worth(i) ||
                  is_old(&items.out[i], sizeof(items.out[i])),
              "out[%d] holds half a result: its job failed after it had begun "
              "to write. fn writes somewhere else, and what it wrote goes to "
              "out when it has returned 0",
              i);
    check_beside(n);
}

/* ---- the plain case -------------------------------------------------- */

/* Each waits for the next one: the last is done first. */
static int end_in_reverse(const void *in, void *out)
{
    int number = begin(in);

    while (number < 3 && !notes->done[number + 1])
        moment();
    if (number == 0)
        IF_STUCK("all jobs are done, and still somebody waits. The end of a "
                 "pipe comes when the last copy of its write end is closed: "
                 "workers that are forked later inherit copies");
    return finish(in, out);
}

static void results_stand_in_the_order_of_the_jobs(void **state)
{
    (void)state;
    new_notes();
    quiet_begin();
    IF_STUCK("there are four workers and four jobs, and yet they are not all "
             "under way at the same time: each waits for the next one here");
    CHECK_EQ(map(4, end_in_reverse, 4, 0), 0, "all four jobs were done");
    quiet_end();
    check_results(4);
    CHECK_EQ(map(1, deliver, 4, 0), 0, "one worker does all four jobs");
    check_results(4);
}

static int change_memory(const void *in, void *out)
{
    if (begin(in) < 3)
        gate_wait(gate); /* all three workers are there */
    memory++;
    return finish(in, out);
}

static void jobs_are_done_once_and_not_by_the_caller(void **state)
{
    (void)state;
    new_notes();
    memory = 1;
    gate = gate_new(3);
    IF_STUCK("start all three workers before you wait for any: each of the "
             "first three jobs waits for the other two to be under way");
    CHECK_EQ(map(3, change_memory, 12, 2), 0, "all jobs were done");
    for (int i = 0; i < 12; i++) {
        CHECK_EQ(notes->calls[i], 1,
                 "job %d did not fail, so fn is called once for it: two "
                 "workers must not take the same job",
                 i);
        CHECK(notes->pid[i] != getpid(),
              "job %d was done by the caller itself: a crash there takes the "
              "caller along. Call fn in children only",
              i);
    }
    CHECK_EQ(memory, 1,
             "what fn does to variables stays in the child: use processes, "
             "not threads or vfork");
    check_results(12);
}

/* ---- numbers and sizes ----------------------------------------------- */

static int started(void)
{
    return sea_count_here(SEA_fork) + sea_count_here(SEA__Fork) +
           sea_count_here(SEA_vfork) + sea_count_here(SEA_clone);
}

static void no_jobs_need_no_process(void **state)
{
    (void)state;
    new_notes();
    CHECK_EQ(map(3, deliver, 0, 0), 0, "no jobs: all of them are done");
    CHECK_EQ(started(), 0, "with n = 0 nothing is started");
    check_beside(0);
    CHECK(is_old(items.out, sizeof(items.out)), "with n = 0 out has no room");
}

static void numbers_below_their_limits_are_einval(void **state)
{
    (void)state;
    static const struct {
        int workers, n, retries;
    } bad[] = {{0, 3, 0},  {-1, 3, 0},      {2, -1, 0},
               {2, 3, -1}, {INT_MIN, 3, 0}, {2, INT_MIN, 0}};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CHECK_ERRNO(map(bad[i].workers, deliver, bad[i].n, bad[i].retries),
                    EINVAL,
                    "%d workers, %d jobs, %d retries: that cannot be, so say "
                    "EINVAL before you start anything",
                    bad[i].workers, bad[i].n, bad[i].retries);
        CHECK(is_old(items.out, sizeof(items.out)), "nothing is written");
    }
    CHECK_EQ(started(), 0, "nothing is started for numbers that cannot be");
}

static int count_call(const void *in, void *out)
{
    (void)in, (void)out;
    notes->ended++;
    return 0;
}

static void sizes_of_zero_are_fine(void **state)
{
    (void)state;
    new_notes();
    memset(&items, OLD, sizeof(items));
    CHECK_EQ(pool_map(2, count_call, items.in, 0, items.out, 0, 5, 0), 0,
             "jobs with neither items nor results are jobs: an mmap of 0 bytes "
             "is EINVAL, and a read of 0 bytes is no end of file");
    CHECK_EQ(notes->ended, 5, "fn is called once for each of five jobs");
    CHECK(is_old(&items, sizeof(items)), "a result of 0 bytes writes nothing");
    CHECK_EQ(map(2, deliver, 5, 0), 0, "the next call has sizes again");
    check_results(5);
}

/* Sizes that no alignment fits: 3 bytes in, 5 bytes out. */
static int stretch(const void *in, void *out)
{
    const unsigned char *from = in;
    unsigned char *to = out;

    for (int i = 0; i < 5; i++)
        to[i] = (unsigned char)(from[i % 3] + i);
    return 0;
}

static void an_item_may_have_any_size(void **state)
{
    (void)state;
    enum { N = 11 };
    unsigned char in[8 * N], out[5 * N + 1];
    bool right = true;

    for (int i = 0; i < 8 * N; i++)
        in[i] = (unsigned char)(i * i);
    memset(out, OLD, sizeof(out));
    CHECK_EQ(pool_map(3, stretch, in, 3, out, 5, N, 0), 0, "all were done");
    for (int i = 0; i < N; i++)
        for (int k = 0; k < 5; k++)
            right &= out[5 * i + k] == (unsigned char)(in[3 * i + k % 3] + k);
    CHECK(right, "job i reads the in_size bytes at in + i * in_size and fills "
                 "the out_size bytes at out + i * out_size. Here these are 3 "
                 "and 5: two sizes, and neither is a word's");
    CHECK(out[5 * N] == OLD, "nothing is written behind the last result");
}

/* Every byte depends on its job and its place. */
static void fill(unsigned char *bytes, int number)
{
    for (int i = 0; i < MEGABYTE; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 4099 + number);
}

static bool is_filled(const unsigned char *bytes, int number)
{
    for (int i = 0; i < MEGABYTE; i++)
        if (bytes[i] != (unsigned char)(i * 7 + i / 4099 + number))
            return false;
    return true;
}

static int answer_a_megabyte(const void *in, void *out)
{
    const unsigned char *bytes = in;
    int number = bytes[0];

    if (!is_filled(in, number))
        return 1;
    fill(out, number + 100);
    return 0;
}

static void items_may_be_larger_than_a_pipe(void **state)
{
    (void)state;
    enum { N = 4 };
    static unsigned char in[N][MEGABYTE], out[N][MEGABYTE];

    for (int i = 0; i < N; i++)
        fill(in[i], i);
    IF_STUCK("an item or a result is larger than a pipe holds: who writes it "
             "waits for somebody to read, who waits in turn for something "
             "else. Read what comes before you wait for a worker to end");
    CHECK_EQ(
        pool_map(2, answer_a_megabyte, in, MEGABYTE, out, MEGABYTE, N, 0), 0,
        "a megabyte is an item like any other, and each job must find all of "
        "it. One read or write moves what there is room for: go on until "
        "all has been moved");
    for (int i = 0; i < N; i++)
        CHECK(is_filled(out[i], i + 100),
              "every byte of result %d comes home: one read or write moves "
              "what there is room for, go on until all has been moved",
              i);
}

static void there_may_be_many_jobs(void **state)
{
    (void)state;
    new_notes();
    CHECK_EQ(map(4, deliver, MOST, 0), 0,
             "%d jobs are many, but nothing forbids them", MOST);
    CHECK(items.out[MOST - 1] == worth(MOST - 1),
          "the last of %d jobs has not been done: their number fits in an int, "
          "not in a byte, and has no other limit",
          MOST);
    check_results(MOST);
}

static int do_nothing(const void *in, void *out)
{
    (void)in, (void)out;
    return 0;
}

static void results_beyond_all_memory_are_enomem(void **state)
{
    (void)state;
    memset(&items, OLD, sizeof(items));
    errno = 0;
    int result =
        pool_map(2, do_nothing, items.in, 0, items.out, SIZE_MAX / 4 + 1, 4, 0);
    CHECK(result == -1 && errno != ENOSYS,
          "four results of a quarter of all there is to address, and one byte "
          "more each: n * out_size wraps around to a small number. Ask "
          "whether the product fits before you multiply, and say ENOMEM");
    CHECK(is_old(&items, sizeof(items)), "nothing is written");
}

/* ---- workers --------------------------------------------------------- */

static int meet(const void *in, void *out)
{
    gate_wait(gate);
    return deliver(in, out);
}

static void workers_work_at_the_same_time(void **state)
{
    (void)state;
    gate = gate_new(3);
    IF_STUCK("start all three workers before you wait for any: each of these "
             "three jobs waits for the other two to be under way");
    CHECK_EQ(map(3, meet, 3, 0), 0, "three jobs met, and were done");
    check_results(3);
}

static void there_may_be_many_workers(void **state)
{
    (void)state;
    gate = gate_new(CROWD);
    IF_STUCK("start all %d workers: each of these %d jobs waits for the "
             "others to be under way",
             CROWD, CROWD);
    CHECK_EQ(map(CROWD, meet, CROWD, 0), 0,
             "%d workers are many, but nothing forbids them: make room for as "
             "many as are asked for, not for a fixed number",
             CROWD);
    check_results(CROWD);
}

/* Children of the caller that live now. */
static int children_alive(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    int count = 0;

    while (dir && (entry = readdir(dir))) {
        struct task task;
        pid_t pid = atoi(entry->d_name);
        count += pid > 0 && task_read(&task, pid, pid) &&
                 task.parent == caller && !gone(pid);
    }
    if (dir)
        closedir(dir);
    return count;
}

static void count_and_open(void *arg)
{
    (void)arg;
    notes->alive = children_alive();
    gate_open(gate);
}

static int be_counted(const void *in, void *out)
{
    int inside = ++notes->inside, most = notes->most;

    while (most < inside &&
           !atomic_compare_exchange_strong(&notes->most, &most, inside))
        ;
    gate_wait(gate);
    notes->inside--;
    return deliver(in, out);
}

static void no_more_are_alive_than_workers(void **state)
{
    (void)state;
    new_notes();
    gate = gate_new(3); /* more than may come: they are held back */
    watch_begin(count_and_open, NULL);
    CHECK_EQ(map(2, be_counted, 6, 0), 0, "six jobs for two workers");
    watch_end("sleep until a worker has something to tell, or has ended");
    CHECK(notes->most <= 2 && notes->alive <= 2,
          "%d children were alive at once, and %d jobs under way: with two "
          "workers these are two at most, and a job waits until one of them "
          "is free",
          notes->alive, notes->most);
    check_results(6);
}

static void no_more_are_started_than_there_are_jobs(void **state)
{
    (void)state;
    new_notes();
    gate = gate_new(4); /* one more than there are */
    watch_begin(count_and_open, NULL);
    CHECK_EQ(map(12, meet, 3, 0), 0, "three jobs for twelve workers");
    CHECK(notes->alive <= 3 && started() <= 3,
          "%d children were started for three jobs: the others find nothing "
          "to do",
          started() > notes->alive ? started() : notes->alive);
    watch_end("sleep until a worker has something to tell, or has ended");
    check_results(3);
}

/* One job is not done before all the others are. */
static int slow_one;

static int wait_for_all_others(const void *in, void *out)
{
    if (begin(in) == slow_one)
        gate_wait(gate);
    finish(in, out);
    if (notes->ended == 7)
        gate_open(gate);
    return 0;
}

static void a_slow_job_holds_up_nobody(void **state)
{
    (void)state;
    static const int slow[] = {0, 3, 6};

    for (int i = 0; i < 3; i++) {
        new_notes();
        gate = gate_new(2);
        slow_one = slow[i];
        STEP("two workers, eight jobs: job %d ends when all others have",
             slow_one);
        IF_STUCK("job %d takes until all others are done, and jobs wait for "
                 "the worker that is at it: do not deal out the jobs "
                 "beforehand, nor in rounds; who is free takes the next one",
                 slow_one);
        CHECK_EQ(map(2, wait_for_all_others, 8, 0), 0,
                 "one worker was at the slow job, the other did the rest");
        check_results(8);
    }
}

/* ---- failures -------------------------------------------------------- */

/* Each job fails so many times, one way or another, before it succeeds. */
static int failures;
static int (*fails)(const void *in, void *out);

static int fail_at_first(const void *in, void *out)
{
    if (notes->calls[begin(in)] <= failures)
        return fails(in, out);
    return finish(in, out);
}

/* Job 1 always fails. */
static int fail_job_1(const void *in, void *out)
{
    if (begin(in) == 1 && notes->calls[1] < 20) /* or it went on for ever */
        return fails(in, out);
    return finish(in, out);
}

static int how;

static int by_returning(const void *in, void *out)
{
    deliver_half(in, out);
    return how;
}

static int by_crashing(const void *in, void *out)
{
    deliver_half(in, out);
    crash(how);
    return 0;
}

static int by_leaving(const void *in, void *out)
{
    deliver_half(in, out);
    _exit(how);
}

static const struct way {
    const char *name;
    int (*fails)(const void *in, void *out);
    int how;
} ways[] = {
    {"is killed by SIGKILL", by_crashing, SIGKILL},
    {"returns 1", by_returning, 1},
    {"is killed by SIGSEGV", by_crashing, SIGSEGV},
    {"returns 256", by_returning, 256},
    {"calls _exit(3)", by_leaving, 3},
    {"returns -1", by_returning, -1},
    {"is killed by SIGABRT", by_crashing, SIGABRT},
    {"returns 65536", by_returning, 65536},
};
enum { WAYS = sizeof(ways) / sizeof(ways[0]) };

static void fail_so(const struct way *way)
{
    new_notes();
    fails = way->fails;
    how = way->how;
}

static void check_calls(int job, int want)
{
    CHECK_EQ(notes->calls[job], want,
             "job %d is done once, and again for each time it has failed, but "
             "not more than 1 + retries times in all",
             job);
}

static void a_failed_job_is_done_again(void **state)
{
    (void)state;
    failures = 1;
    IF_STUCK("a worker died in the middle of its job, and somebody still "
             "waits for that job's result: who starts a worker has to learn "
             "of its death, and what it was at");
    for (int i = 0; i < WAYS; i++) {
        fail_so(&ways[i]);
        STEP("each of three jobs %s the first time", ways[i].name);
        CHECK_EQ(map(2, fail_at_first, 3, 1), 0,
                 "each job failed once, and with one retry is done once more: "
                 "a worker that dies must not take its job along");
        for (int job = 0; job < 3; job++)
            check_calls(job, 2);
        check_results(3);
    }
}

static void whatever_is_not_0_is_a_failure(void **state)
{
    (void)state;
    IF_STUCK("fn returned something, or its process died, and nobody has "
             "noticed");
    for (int i = 0; i < WAYS; i++) {
        fail_so(&ways[i]);
        STEP("job 1 %s", ways[i].name);
        CHECK_ERRNO(map(2, fail_job_1, 3, 0), ECANCELED,
                    "job 1 %s, so it has failed, and there is no retry. An "
                    "exit status has eight bits, in which 256 looks like 0, "
                    "and WEXITSTATUS of a killed child is 0 as well",
                    ways[i].name);
        check_whole_or_untouched(3);
    }
}

static void retries_are_counted_for_each_job(void **state)
{
    (void)state;
    failures = 2;
    for (int workers = 1; workers <= 3; workers++) {
        fail_so(&ways[workers % 2]);
        STEP("%d workers, six jobs: each %s twice, with two retries", workers,
             ways[workers % 2].name);
        CHECK_EQ(map(workers, fail_at_first, 6, 2), 0,
                 "each job failed twice and then was done, and two retries "
                 "are allowed: count them for each job, neither for each "
                 "worker nor for the whole map");
        for (int job = 0; job < 6; job++)
            check_calls(job, 3);
        check_results(6);
    }
}

static void a_job_that_always_fails_is_given_up(void **state)
{
    (void)state;
    IF_STUCK("job 1 fails again and again, and somebody waits for it: after 1 "
             "+ retries times, stop the rest and say ECANCELED");
    for (int retries = 0; retries < 4; retries++) {
        fail_so(&ways[retries % 2]);
        STEP("job 1 always %s, %d retries", ways[retries % 2].name, retries);
        CHECK_ERRNO(map(2, fail_job_1, 4, retries), ECANCELED,
                    "job 1 fails whenever it is done: after 1 + retries times "
                    "it is given up, and not tried for ever");
        check_calls(1, 1 + retries);
        check_whole_or_untouched(4);
        leftovers_check();
    }
}

/* Job 1 fails for good while the others are under way, or wait. */
static int fail_among_others(const void *in, void *out)
{
    if (begin(in) == 1)
        return fails(in, out);
    gate_wait(gate);
    return finish(in, out);
}

static atomic_bool over;

static void open_gate(void *arg)
{
    (void)arg;
    if (!over)
        gate_open(gate);
}

static void when_it_gives_up_nobody_is_left(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        fail_so(&ways[i]);
        gate = gate_new(9);
        over = false;
        STEP("job 1 %s, the others are under way", ways[i].name);
        watch_begin(open_gate, NULL);
        CHECK_ERRNO(map(3, fail_among_others, 6, 0), ECANCELED,
                    "job 1 has failed, and there is no retry");
        over = true; /* who is left now, stays */
        watch_end("sleep until a worker has ended");
        check_whole_or_untouched(6);
        leftovers_check();
    }
}

/*
 * A thread of the caller kills the worker as soon as the first byte of out
 * changes. An answer that fills out only when the job is done never lets
 * that happen.
 */
static unsigned char large[8 * MEGABYTE];

static int eight_megabytes(const void *in, void *out)
{
    notes->pid[0] = getpid();
    for (int i = 0; i < 8; i++)
        fill((unsigned char *)out + (size_t)i * MEGABYTE, number_of(in) + i);
    return 0;
}

static void *kill_at_the_first_byte(void *arg)
{
    (void)arg;
    /* Not for ever: if the answer hangs, nobody must seem to move. */
    for (int looks = 0; looks < 20000 && !over; looks++) {
        if (*(volatile unsigned char *)large != OLD) {
            if (notes->pid[0] > 0 && !gone(notes->pid[0]))
                kill(notes->pid[0], SIGKILL);
            break;
        }
        blink();
    }
    return NULL;
}

static void a_worker_that_dies_late_leaves_no_half_result(void **state)
{
    (void)state;
    pthread_t killer;
    int in = 17;
    bool whole = true;

    new_notes();
    memset(large, OLD, sizeof(large));
    over = false;
    pthread_create(&killer, NULL, kill_at_the_first_byte, NULL);
    STEP("the worker is killed as soon as the first byte of out changes");
    errno = 0;
    int result = pool_map(1, eight_megabytes, &in, sizeof(in), large,
                          sizeof(large), 1, 0);
    int error = errno;
    over = true;
    pthread_join(killer, NULL);
    for (int i = 0; i < 8; i++)
        whole &= is_filled(large + (size_t)i * MEGABYTE, 17 + i);
    errno = error;
    CHECK(result == 0 || errno == ECANCELED, "the job failed: ECANCELED");
    CHECK(whole || (result == -1 && is_old(large, sizeof(large))),
          "the worker died while its result was under way, and the first part "
          "of it was in out already: collect it elsewhere until it is whole");
}

/* ---- workers that die ------------------------------------------------ */

/* Job 0 crashes the first time; jobs 1 and 2 need each other. */
static int crash_then_meet(const void *in, void *out)
{
    int number = begin(in);

    if (number == 0 && notes->calls[0] == 1)
        crash(SIGKILL);
    if (number > 0)
        gate_wait(gate);
    return finish(in, out);
}

static void a_dead_worker_is_replaced(void **state)
{
    (void)state;
    new_notes();
    gate = gate_new(2);
    IF_STUCK("two workers were asked for, and one of them died: start another "
             "one, for two jobs wait here for each other");
    CHECK_EQ(map(2, crash_then_meet, 3, 1), 0,
             "job 0 crashed once, and then all were done");
    check_results(3);
}

/* One crashes when the other has ended, and the other worker is idle. */
static int crash_after_the_other(const void *in, void *out)
{
    int number = begin(in);

    if (number == slow_one && notes->calls[number] == 1) {
        while (!notes->done[1 - number])
            moment();
        crash(SIGKILL);
    }
    return finish(in, out);
}

static void a_death_is_seen_while_others_live(void **state)
{
    (void)state;
    IF_STUCK("a worker died, and nobody saw it. The end of a pipe comes when "
             "the last copy of its write end is closed, and workers that are "
             "forked later inherit copies: close them there, or ask waitpid "
             "or a pidfd");
    for (slow_one = 0; slow_one < 2; slow_one++) {
        new_notes();
        STEP("job %d crashes when the other one is done", slow_one);
        CHECK_EQ(map(2, crash_after_the_other, 2, 1), 0,
                 "job %d crashed, and was done once more", slow_one);
        check_results(2);
    }
}

/* One kills the worker that has done the other and has nothing more to do;
 * then it fails itself, so that there is something to do again. */
static int kill_the_idle(const void *in, void *out)
{
    int number = begin(in);
    _Atomic pid_t *idle = &notes->pid[1 - number];

    if (number != slow_one || notes->calls[number] > 1)
        return finish(in, out);
    while (!notes->done[1 - number])
        moment();
    for (int i = 0; i < 200 && !gone(*idle) && !asleep(*idle); i++)
        ;
    if (*idle != getpid() && !gone(*idle))
        kill(*idle, SIGKILL);
    for (int i = 0; i < 200 && !gone(*idle); i++)
        moment();
    return 1;
}

static void a_worker_killed_when_idle_does_no_harm(void **state)
{
    (void)state;
    IF_STUCK("a worker that had nothing to do was killed from outside, and "
             "somebody waits for it");
    for (slow_one = 0; slow_one < 2; slow_one++) {
        new_notes();
        STEP("job %d kills the idle worker, and fails once", slow_one);
        CHECK_EQ(map(2, kill_the_idle, 2, 2), 0,
                 "an idle worker was killed from outside; the others do what "
                 "there is to do");
        check_results(2);
    }
}

static int stop_for_a_while(const void *in, void *out)
{
    begin(in);
    raise(SIGSTOP);
    return finish(in, out);
}

/* Not before the caller has had the time to be misled. */
static void go_on(void *arg)
{
    (void)arg;
    while (notes->pid[0] == 0 || state_of(notes->pid[0]) != 'T')
        moment();
    for (int seen = 0; seen < 3; seen += asleep(getpid()))
        moment();
    kill(notes->pid[0], SIGCONT);
}

static void a_stopped_worker_is_not_dead(void **state)
{
    (void)state;
    new_notes();
    watch_begin(go_on, NULL);
    CHECK_EQ(map(1, stop_for_a_while, 1, 0), 0,
             "the worker was stopped, and went on later: that is no death");
    watch_end("sleep until a worker has something to tell, or has ended");
    check_calls(0, 1);
    check_results(1);
}

/* ---- waiting --------------------------------------------------------- */

/* A child that the caller had before: it has ended, or waits for a gate. */
static pid_t other_child(struct gate *until, int code)
{
    siginfo_t info;
    pid_t pid = fact_fork();

    if (pid == 0) {
        if (until)
            gate_wait(until);
        _exit(code);
    }
    if (!until)
        waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
    return pid;
}

static void check_other(pid_t pid, int code)
{
    int wstatus = 0;

    CHECK_EQ(waitpid(pid, &wstatus, 0), pid,
             "this child was your caller's before, and is your caller's to "
             "wait for: wait for the pids that you got from fork");
    CHECK_STATUS(wstatus, EXITED(code),
                 "a child that your caller had before is none of yours: "
                 "neither wait for it nor kill it");
}

static int first_waits(const void *in, void *out)
{
    if (begin(in) == 0)
        gate_wait(gate);
    return finish(in, out);
}

static int calls_by_all(void)
{
    int calls = 0;

    for (int call = 0; call < SEA_CALLS; call++)
        calls += sea_count((enum sea_call)call);
    return calls;
}

/* The worker that did job 1 has nothing to do. Is it asleep, or gone? */
static void look_at_the_idle(void *arg)
{
    struct task before, now;
    pid_t idle = notes->pid[1];
    int calls = calls_by_all();

    (void)arg;
    notes->idle_asleep = true;
    if (task_read(&before, idle, idle))
        while (!gone(idle) && !asleep(idle)) {
            if (!task_read(&now, idle, idle))
                break;
            if (now.ran > before.ran + 100000000 ||
                calls_by_all() > calls + 100) {
                notes->idle_asleep = false;
                break;
            }
        }
    gate_open(gate);
}

static void who_waits_is_asleep(void **state)
{
    (void)state;
    pid_t ended = other_child(NULL, 5);

    new_notes();
    gate = gate_new(2);
    watch_begin(look_at_the_idle, NULL);
    CHECK_EQ(map(2, first_waits, 2, 0), 0, "two jobs were done");
    watch_end("sleep until a worker has something to tell, or has ended: poll "
              "without an end, read, waitpid for one of your own");
    CHECK(notes->idle_asleep,
          "a worker that has nothing to do runs in circles: it should sleep "
          "until there is a job, or leave");
    check_results(2);
    check_other(ended, 5);
}

static void a_signal_does_not_end_it(void **state)
{
    (void)state;
    sea_handler();
    new_notes();
    gate = gate_new(4);
    over = false;
    nudge_begin(3, open_gate, NULL);
    CHECK_EQ(map(3, meet, 3, 0), 0,
             "a signal came in while you waited, and its handler ran: that is "
             "no failure. Where errno is EINTR, call again");
    nudge_end();
    check_results(3);
}

/* ---- good manners ---------------------------------------------------- */

static pid_t other;

static int let_the_other_end(const void *in, void *out)
{
    if (begin(in) == 0) {
        gate_open(gate);
        while (!gone(other))
            moment();
    }
    return finish(in, out);
}

static void other_children_stay_the_callers(void **state)
{
    (void)state;
    struct gate *later = gate_new(2);

    new_notes();
    gate = gate_new(2);
    pid_t living = other_child(later, 3), ended = other_child(NULL, 1);
    other = other_child(gate, 2);
    IF_STUCK("wait for those that you have started, and for no other: your "
             "caller had a child before, which will not end for long");
    CHECK_EQ(map(2, let_the_other_end, 5, 0), 0, "five jobs were done");
    check_results(5);
    fail_so(&ways[0]);
    CHECK_ERRNO(map(2, fail_job_1, 3, 0), ECANCELED, "job 1 was killed");
    gate_open(later);
    check_other(ended, 1);
    check_other(other, 2);
    check_other(living, 3);
}

static void nothing_is_written_twice(void **state)
{
    (void)state;
    char text[32] = "";
    FILE *file = fopen("letter", "w+");

    fputs("written once. ", file);
    CHECK_EQ(map(2, deliver, 3, 0), 0, "three jobs were done");
    fflush(file);
    rewind(file);
    CHECK(fgets(text, sizeof(text), file), "the file can be read again");
    fclose(file);
    unlink("letter");
    CHECK_STR(text, "written once. ",
              "the caller had text in a stdio buffer; fork copied it, and a "
              "worker that flushes writes it again: leave a worker with "
              "_exit, and flush nothing there");
}

static void count_exit(void)
{
    notes->exits++;
}

static void exit_handlers_are_not_run_by_workers(void **state)
{
    (void)state;
    new_notes();
    atexit(count_exit);
    CHECK_EQ(map(2, deliver, 3, 0), 0, "three jobs were done");
    CHECK_EQ(notes->exits, 0,
             "a worker has run the exit handlers of the caller, which are "
             "still to be run by the caller itself: leave a worker with "
             "_exit, not with exit");
}

static atomic_int children_heard;

static void on_child(int sig)
{
    (void)sig;
    children_heard++;
}

static void check_signals(const sigset_t *mask, const char *when)
{
    struct sigaction now;
    sigset_t mask_now;

    sigprocmask(SIG_SETMASK, NULL, &mask_now);
    for (int i = 1; i < NSIG; i++)
        CHECK_EQ(sigismember(&mask_now, i), sigismember(mask, i),
                 "%s: the caller blocks the signals it wants blocked; give "
                 "signal %d back as you found it",
                 when, i);
    sigaction(SIGCHLD, NULL, &now);
    CHECK(now.sa_handler == on_child,
          "%s: the caller has a handler for SIGCHLD; leave it in place", when);
}

static void check_a_map(void)
{
    failures = 1;
    fail_so(&ways[0]);
    CHECK_EQ(map(2, fail_at_first, 4, 1), 0,
             "each job was killed once, and then was done");
    check_results(4);
}

static void the_callers_signals_stay_as_they_were(void **state)
{
    (void)state;
    struct sigaction mine = {.sa_handler = on_child}, before;
    sigset_t none, all;

    sigemptyset(&none);
    sigfillset(&all);
    IF_STUCK("the caller has a handler for SIGCHLD, or blocks it: that is its "
             "affair, and a worker's death has to be seen all the same");
    sigaction(SIGCHLD, &mine, &before);
    check_a_map();
    check_signals(&none, "no signal was blocked");
    sigprocmask(SIG_SETMASK, &all, NULL);
    sigprocmask(SIG_SETMASK, NULL, &all); /* SIGKILL is never in it */
    check_a_map();
    check_signals(&all, "all signals were blocked");
    sigprocmask(SIG_SETMASK, &none, NULL);
    sigaction(SIGCHLD, &before, NULL);
}

static int have_a_pool(const void *in, void *out)
{
    int in_there[3] = {10, 11, 12}, number = number_of(in);
    long out_there[3] = {0};

    if (pool_map(2, deliver, in_there, sizeof(int), out_there, sizeof(long), 3,
                 0) != 0)
        return 1;
    for (int i = 0; i < 3; i++)
        if (out_there[i] != worth(10 + i))
            return 2;
    return deliver(&number, out);
}

static void a_job_may_have_a_pool_of_its_own(void **state)
{
    (void)state;
    IF_STUCK("two pools at the same time meet in one place, such as a fixed "
             "name");
    CHECK_EQ(map(2, have_a_pool, 3, 0), 0,
             "jobs call pool_map in their turn: each call has its own memory "
             "and its own workers. A fixed name in the system or a static "
             "variable would be shared between them");
    check_results(3);
}

/* ---- rough weather --------------------------------------------------- */

/* With which call are children made here? One map shows it. */
static enum sea_call birth(void)
{
    static const enum sea_call calls[] = {SEA_fork, SEA__Fork, SEA_clone,
                                          SEA_vfork, SEA_syscall};
    int i = 0;

    sea_calm();
    CHECK_EQ(map(1, deliver, 1, 0), 0, "one job was done");
    while (i < 4 && sea_count(calls[i]) == 0)
        i++;
    sea_calm();
    return calls[i];
}

static void check_fails_with(int result, int want, const char *why)
{
    int error = errno;

    if (!sea_hit())
        return; /* it has another way to start a process */
    CHECK_ERRNO((errno = error, result), want,
                "%s: tell the caller why (%s), and keep that errno while you "
                "clean up",
                why, name_errno(want));
}

static void without_a_single_worker_it_fails(void **state)
{
    (void)state;
    enum sea_call fork_call = birth();

    IF_STUCK("no worker could be started, and yet somebody is waited for");
    sea_fail_from(fork_call, 1, EAGAIN);
    check_fails_with(map(2, deliver, 3, 0), EAGAIN,
                     "not one worker could be started");
    CHECK(!sea_hit() || is_old(items.out, sizeof(items.out)),
          "no job was done");
    sea_calm();
    fail_so(&ways[0]);
    failures = 1;
    sea_fail_from(fork_call, 2, EAGAIN);
    STEP("the only worker dies, and no other can be started");
    check_fails_with(map(1, fail_at_first, 1, 1), EAGAIN,
                     "the only worker died, and no other can be started: no "
                     "one is left to do the job");
}

/* The first ones are still at work when a fork fails. */
static int work_until_it_fails(const void *in, void *out)
{
    for (int looks = 0; looks < 200 && !sea_hit(); looks++)
        moment();
    return deliver(in, out);
}

static void fewer_workers_do_it_too(void **state)
{
    (void)state;
    enum sea_call fork_call = birth();

    new_notes();
    IF_STUCK("one fork failed, and somebody waits for the worker that is not "
             "there");
    for (int nth = 2; nth <= 3; nth++) {
        sea_calm();
        sea_fail(fork_call, nth, EAGAIN);
        STEP("fork number %d fails", nth);
        CHECK_EQ(map(3, work_until_it_fails, 6, 0), 0,
                 "one fork failed, but not all: who has been started does all "
                 "the jobs");
        check_results(6);
    }
}

static bool may_fail;

/* For all weathers: right, or a failure and its reason. */
static void small_map(void)
{
    int result = map(2, deliver, 4, 100), error = errno;

    if (may_fail && sea_hit() && result == -1) {
        CHECK_EQ(error, sea_error(),
                 "a call failed, and its errno is the reason that the caller "
                 "gets: keep it while you put things right");
        check_whole_or_untouched(4);
        return;
    }
    errno = error;
    CHECK_EQ(result, 0,
             "all jobs could be done: after EINTR call again, after a short "
             "read or write go on with the rest, and do again what a dead "
             "worker was at");
    check_results(4);
}

static void an_interruption_is_no_failure(void **state)
{
    (void)state;
    may_fail = false;
    sea_handler();
    sea_every(small_map, SEA_EINTR | SEA_SHORT);
}

static void every_call_may_fail(void **state)
{
    (void)state;
    may_fail = true;
    IF_STUCK("a call failed on the way, and somebody is left waiting");
    sea_every(small_map, SEA_ERRORS);
}

static void a_worker_may_die_at_any_call(void **state)
{
    (void)state;
    may_fail = false;
    IF_STUCK("a worker was killed, and somebody waits for what it would have "
             "said, or for a lock that it held");
    sea_every(small_map, SEA_KILLS);
}

static const struct CMUnitTest facts[] = {
    FACT(results_stand_in_the_order_of_the_jobs),
    FACT(jobs_are_done_once_and_not_by_the_caller),
    FACT(no_jobs_need_no_process),
    FACT(numbers_below_their_limits_are_einval),
    FACT(sizes_of_zero_are_fine),
    FACT(an_item_may_have_any_size),
    FACT(items_may_be_larger_than_a_pipe),
    FACT(there_may_be_many_jobs),
    FACT(results_beyond_all_memory_are_enomem),
    FACT(workers_work_at_the_same_time),
    FACT(there_may_be_many_workers),
    FACT(no_more_are_alive_than_workers),
    FACT(no_more_are_started_than_there_are_jobs),
    FACT(a_slow_job_holds_up_nobody),
    FACT(a_failed_job_is_done_again),
    FACT(whatever_is_not_0_is_a_failure),
    FACT(retries_are_counted_for_each_job),
    FACT(a_job_that_always_fails_is_given_up),
    FACT(when_it_gives_up_nobody_is_left),
    FACT(a_worker_that_dies_late_leaves_no_half_result),
    FACT(a_dead_worker_is_replaced),
    FACT(a_death_is_seen_while_others_live),
    FACT(a_worker_killed_when_idle_does_no_harm),
    FACT(a_stopped_worker_is_not_dead),
    FACT(who_waits_is_asleep),
    FACT(a_signal_does_not_end_it),
    FACT(other_children_stay_the_callers),
    FACT(nothing_is_written_twice),
    FACT(exit_handlers_are_not_run_by_workers),
    FACT(the_callers_signals_stay_as_they_were),
    FACT(a_job_may_have_a_pool_of_its_own),
    FACT(without_a_single_worker_it_fails),
    FACT(fewer_workers_do_it_too),
    FACT(an_interruption_is_no_failure),
    FACT(every_call_may_fail),
    FACT(a_worker_may_die_at_any_call),
};
EXERCISE("3_queues/pool",
         "fork(2), waitpid(2), pipe(7), poll(2), pidfd_open(2), mmap(2)", facts)
