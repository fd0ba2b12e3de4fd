/*
 * isolate_test.c — what isolate promises.
 *
 * Every fn here runs in the child. Results are numbers made from their
 * place, so that a lost, shifted or half-written one shows; OLD is what was
 * in the caller's memory before.
 */
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
#include "isolate.h"

enum {
    OLD = 0xee,
    UNSET = 0x5a5a,
    PAGES = 3 * 4096 + 1,
    PIPEFUL = 80 << 10,
    MEGABYTE = 1 << 20
};

static unsigned char memory[9 * MEGABYTE + 3];
static size_t size_of_result;
static int ignored; /* a wstatus that does not matter */

/* ---- what runs in the child ---------------------------------------- */

/* Every byte depends on its place, and the pattern fits no page. */
enum { PERIOD = 4099 };

static const unsigned char *pattern(void)
{
    static unsigned char bytes[PERIOD] = {1};

    for (int i = 1; bytes[PERIOD - 1] == 0 && i < PERIOD; i++)
        bytes[i] = (unsigned char)((i * 7 + i / 64) % 100);
    return bytes;
}

static void fill(unsigned char *bytes, size_t size)
{
    for (size_t i = 0, n; i < size; i += n) {
        n = size - i < PERIOD ? size - i : PERIOD;
        memcpy(bytes + i, pattern(), n);
    }
}

static int whole_result(const void *in, void *out)
{
    long page = sysconf(_SC_PAGESIZE);
    char *start = (char *)((uintptr_t)out & ~(uintptr_t)(page - 1));

    (void)in;
    if (msync(start, size_of_result, MS_ASYNC) == -1)
        return 1; /* not all of it is there: better not touch it */
    fill(out, size_of_result);
    return 0;
}

/* Returns what in says, with only the first half of the result written. */
static int half_result(const void *in, void *out)
{
    fill(out, size_of_result / 2);
    return *(const int *)in;
}

/* Dies of the signal in says, with only the first half written. */
static int crash(const void *in, void *out)
{
    int sig = *(const int *)in;

    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    fill(out, size_of_result / 2);
    signal(sig, SIG_DFL);
    raise(sig);
    return 0;
}

/* ---- what the caller looks at --------------------------------------- */

static bool is_whole(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0, n; i < size; i += n) {
        n = size - i < PERIOD ? size - i : PERIOD;
        if (memcmp(bytes + i, pattern(), n) != 0)
            return false;
    }
    return true;
}

static bool is_untouched(const unsigned char *bytes, size_t size)
{
    return bytes[0] == OLD && memcmp(bytes, bytes + 1, size - 1) == 0;
}

static unsigned char *old_bytes(size_t size)
{
    size_of_result = size;
    return memset(memory, OLD, size);
}

/* ---- the plain case ------------------------------------------------- */

struct pair {
    long sum, product;
};

/* Takes its time: the caller has long gone to sleep when it writes. */
static int sum_and_product(const void *in, void *out)
{
    const int *n = in;
    struct pair *pair = out;

    for (int i = 0; i < 500 && !asleep(getppid()); i++)
        moment();
    pair->sum = n[0] + n[1];
    pair->product = (long)n[0] * n[1];
    return 0;
}

static void brings_the_result_home(void **state)
{
    (void)state;
    int in[] = {6, 7};
    struct pair out = {-1, -1};

    CHECK_OK(isolate(sum_and_product, in, &out, sizeof(out), &ignored),
             "fn returned 0, so isolate succeeds");
    CHECK_EQ(out.sum, 13,
             "after fork the child writes to its own copy of all memory, and "
             "the copy ends with it: the result needs memory that both share "
             "(MAP_SHARED) or a way to travel, and out is filled only when "
             "the child has ended");
    CHECK_EQ(out.product, 42, "all of the result comes home, not its start");
}

struct witness {
    pid_t pid;
    int global;
};
static int global = 1;

static int bear_witness(const void *in, void *out)
{
    (void)in;
    *(struct witness *)out = (struct witness){getpid(), ++global};
    return 0;
}

static void runs_fn_in_a_process_of_its_own(void **state)
{
    (void)state;
    struct witness out = {0, 0};

    CHECK_OK(isolate(bear_witness, NULL, &out, sizeof(out), &ignored),
             "fn returned 0, so isolate succeeds");
    CHECK(out.pid != getpid(),
          "fn ran in the caller itself: a crash there takes the caller along. "
          "Call fn only where fork returned 0");
    CHECK_EQ(out.global, 2, "the child sees the caller's variables");
    CHECK_EQ(global, 1,
             "what fn does to variables stays in the child; vfork and threads "
             "share the caller's memory, fork copies it");
}

static void says_how_the_child_ended(void **state)
{
    (void)state;
    int wstatus = UNSET;
    unsigned char *out = old_bytes(100);

    CHECK_OK(isolate(whole_result, NULL, out, 100, &wstatus),
             "fn returned 0, so isolate succeeds");
    CHECK_STATUS(wstatus, EXITED(0),
                 "*wstatus is filled in after a success as well, with what "
                 "waitpid reported");
}

/* ---- sizes ---------------------------------------------------------- */

static void touches_nothing_beside_out(void **state)
{
    (void)state;
    unsigned char *bytes = old_bytes(100);

    size_of_result = 1;
    CHECK_OK(isolate(whole_result, NULL, bytes + 50, 1, &ignored),
             "a result may be one byte");
    CHECK(is_whole(bytes + 50, 1), "the one byte comes home");
    CHECK(is_untouched(bytes, 50) && is_untouched(bytes + 51, 49),
          "copy exactly size bytes to out: a mapping is rounded up to whole "
          "pages, the caller's buffer is not");
}

static void brings_more_than_a_page(void **state)
{
    (void)state;
    unsigned char *out = old_bytes(PAGES);

    CHECK_OK(isolate(whole_result, NULL, out, PAGES, &ignored),
             "a result may be larger than a page: make room for size bytes");
    CHECK(is_whole(out, PAGES),
          "all three pages and one byte come home: make room for size bytes "
          "and carry size bytes");
}

static void brings_many_megabytes(void **state)
{
    (void)state;
    size_t size = sizeof(memory);
    unsigned char *out = old_bytes(size);

    IF_STUCK("The result is larger than a pipe holds: the child waits for "
             "somebody to read, while the caller waits for the child to end. "
             "Read to the end first, then wait.");
    CHECK_OK(isolate(whole_result, NULL, out, size, &ignored),
             "a result may have many megabytes: make room for size bytes, "
             "which neither a stack nor a pipe holds");
    CHECK(is_whole(out, size),
          "every byte comes home: one read or write moves what there is room "
          "for, so go on until all of it has been moved");
}

/* ---- failures ------------------------------------------------------- */

static void brings_nothing_when_fn_says_no(void **state)
{
    (void)state;
    static const int says[] = {1, 3, -1};

    for (int i = 0; i < 3; i++) {
        int wstatus = UNSET;
        unsigned char *out = old_bytes(PAGES);

        STEP("fn writes half of its result and returns %d", says[i]);
        CHECK_ERRNO(isolate(half_result, &says[i], out, PAGES, &wstatus),
                    ECHILD, "fn did not return 0, so there is no result");
        CHECK(is_untouched(out, PAGES),
              "not one byte of out changes unless fn returned 0: look at the "
              "wait status before you carry anything over");
        CHECK(WIFEXITED(wstatus) && WEXITSTATUS(wstatus) != 0,
              "*wstatus says how the child ended, just as waitpid reported "
              "it, also (and above all) when it failed");
    }
}

static void brings_nothing_when_fn_crashes(void **state)
{
    (void)state;
    static const int sigs[] = {SIGSEGV, SIGABRT, SIGKILL};

    for (int i = 0; i < 3; i++) {
        int wstatus = UNSET;
        unsigned char *out = old_bytes(PAGES);

        STEP("fn writes half of its result and dies of %s",
             name_signal(sigs[i]));
        quiet_begin();
        CHECK_ERRNO(isolate(crash, &sigs[i], out, PAGES, &wstatus), ECHILD,
                    "the child crashed: ask WIFEXITED before WEXITSTATUS, "
                    "which is 0 for a killed child too");
        quiet_end();
        CHECK(is_untouched(out, PAGES),
              "half a result is worse than none: let fn write somewhere else, "
              "and carry it to out when the child has ended well");
        CHECK_STATUS(wstatus, KILLED(sigs[i]),
                     "*wstatus tells the caller which signal it was");
    }
}

/*
 * A thread of the caller kills the child as soon as the first byte of out
 * changes. An answer that fills out only when the child has ended well never
 * lets that happen.
 */
static struct late {
    struct gate *gate;
    pid_t *child;
    atomic_bool over;
} late;

static void *kill_at_the_first_byte(void *arg)
{
    (void)arg;
    gate_wait(late.gate);
    /* Not for ever: if the answer hangs, nobody must seem to move. */
    for (int looks = 0; looks < 5000 && !late.over; looks++) {
        if (*(volatile unsigned char *)memory != OLD) {
            kill(*late.child, SIGKILL);
            break;
        }
        blink();
    }
    return NULL;
}

static int whole_result_of_a_doomed_child(const void *in, void *out)
{
    *late.child = getpid();
    gate_wait(late.gate);
    return whole_result(in, out);
}

static void all_or_nothing_if_the_child_dies_late(void **state)
{
    (void)state;
    pthread_t killer;
    unsigned char *out = old_bytes(8 * MEGABYTE);

    late.gate = gate_new(2);
    late.child = fact_shared(sizeof(pid_t));
    pthread_create(&killer, NULL, kill_at_the_first_byte, NULL);
    STEP("the child is killed as soon as the first byte of out changes");
    int rc = isolate(whole_result_of_a_doomed_child, NULL, out, 8 * MEGABYTE,
                     &ignored);
    int error = errno;
    late.over = true;
    gate_open(late.gate);
    pthread_join(killer, NULL);
    errno = error;
    CHECK(rc == 0 || errno == ECHILD, "the child died: that is ECHILD");
    if (rc == 0)
        CHECK(is_whole(out, 8 * MEGABYTE), "isolate said 0: all is there");
    else
        CHECK(is_untouched(out, 8 * MEGABYTE),
              "the child died while its result was under way, and the first "
              "part of it was in out already: collect it elsewhere until the "
              "child has ended well");
}

static void wstatus_may_be_null(void **state)
{
    (void)state;
    int no = 3;
    unsigned char *out = old_bytes(100);

    CHECK_OK(isolate(whole_result, NULL, out, 100, NULL),
             "a caller who does not care how the child ended passes NULL");
    CHECK_ERRNO(isolate(half_result, &no, out, 100, NULL), ECHILD,
                "also when fn fails: nothing may be written through NULL");
}

/* ---- good manners --------------------------------------------------- */

static struct gate *shore;

static void let_go(void *gate)
{
    gate_open(gate);
}

static int result_when_let_go(const void *in, void *out)
{
    gate_wait(shore);
    return whole_result(in, out);
}

static void sleeps_until_the_child_has_ended(void **state)
{
    (void)state;
    unsigned char *out = old_bytes(100);

    shore = gate_new(2);
    watch_begin(let_go, shore);
    CHECK_OK(isolate(result_when_let_go, NULL, out, 100, &ignored),
             "fn returned 0, so isolate succeeds");
    watch_end("wait in a call that sleeps until there is something to do, "
              "such as waitpid or read, not in a loop that asks again and "
              "again");
}

static void leaves_the_callers_buffers_alone(void **state)
{
    (void)state;
    char text[64] = "";
    unsigned char *out = old_bytes(100);
    FILE *file = fopen("letter", "w+");

    fputs("written once", file);
    CHECK_OK(isolate(whole_result, NULL, out, 100, &ignored),
             "fn returned 0, so isolate succeeds");
    rewind(file);
    size_t len = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    unlink("letter");
    CHECK_MEM(text, len, "written once", 12,
              "the child holds a copy of every unwritten stdio buffer: exit "
              "writes them a second time, _exit does not");
}

static void leaves_other_children_alone(void **state)
{
    (void)state;
    siginfo_t info;
    int wstatus;
    unsigned char *out = old_bytes(100);
    pid_t other = fact_fork();

    if (other == 0)
        _exit(5);
    waitid(P_PID, other, &info, WEXITED | WNOWAIT);
    STEP("the caller has another child, which has already ended with 5");
    CHECK_OK(isolate(whole_result, NULL, out, 100, &wstatus),
             "wait() takes whichever child has ended, also one of the "
             "caller's: wait for your own with waitpid(pid, …)");
    CHECK_STATUS(wstatus, EXITED(0), "it is your child's end that counts");
    CHECK(is_whole(out, 100), "the result comes home");
    CHECK_EQ(waitpid(other, &wstatus, 0), other,
             "the caller's other child is the caller's to wait for: name "
             "yours with waitpid(pid, …)");
    CHECK_STATUS(wstatus, EXITED(5), "and its status is untouched");
}

static int inner(const void *in, void *out)
{
    ((int *)out)[0] = *(const int *)in * 10;
    return 0;
}

static int outer(const void *in, void *out)
{
    int *result = out;

    result[0] = 1;
    return isolate(inner, in, &result[1], sizeof(int), &ignored);
}

static void works_inside_itself(void **state)
{
    (void)state;
    int in = 4, out[2] = {-1, -1};

    STEP("fn calls isolate in its turn");
    CHECK_OK(isolate(outer, &in, out, sizeof(out), &ignored),
             "two calls at the same time must not meet in one place, such as "
             "a fixed name in /dev/shm or /tmp");
    CHECK(out[0] == 1 && out[1] == 40,
          "each call has a place of its own for its result: with a fixed name "
          "in /dev/shm or /tmp two calls at the same time write over each "
          "other");
}

/* ---- rough weather -------------------------------------------------- */

static void brings_it_home(void)
{
    int wstatus = UNSET;
    unsigned char *out = old_bytes(PIPEFUL);

    CHECK_OK(isolate(whole_result, NULL, out, PIPEFUL, &wstatus),
             "nothing has gone wrong: after EINTR call again, after a short "
             "read or write go on with the rest");
    CHECK(is_whole(out, PIPEFUL),
          "read and write return how much they moved: go on until all of the "
          "result has been moved");
    CHECK_STATUS(wstatus, EXITED(0),
                 "waitpid fills the status only when it succeeds: after EINTR "
                 "call it again");
}

static void goes_on_after_a_signal(void **state)
{
    (void)state;
    sea_handler();
    sea_every(brings_it_home, SEA_EINTR | SEA_SHORT);
}

static void says_why_no_child_could_be_started(void **state)
{
    (void)state;
    int wstatus = UNSET;
    unsigned char *out = old_bytes(100);

    sea_fail_from(SEA_fork, 1, EAGAIN);
    if (isolate(whole_result, NULL, out, 100, &wstatus) == 0)
        return; /* it has another way to start a process */
    CHECK_EQ(errno, EAGAIN,
             "fork failed, and the caller learns its errno: keep it while "
             "you clean up");
    CHECK(is_untouched(out, 100), "there was no child, so out is as before");
    CHECK_EQ(wstatus, UNSET, "there was no child whose end could be told");
}

static void brings_it_home_or_fails(void)
{
    int wstatus = UNSET;
    unsigned char *out = old_bytes(PAGES);
    int rc, error;

    errno = 0;
    rc = isolate(whole_result, NULL, out, PAGES, &wstatus);
    error = errno;
    if (rc == 0) {
        CHECK(is_whole(out, PAGES),
              "isolate said 0, but the result is not whole: look at what "
              "each call returned");
        return;
    }
    errno = error;
    CHECK(sea_hit(), "nothing has gone wrong in this run");
    CHECK(is_untouched(out, PAGES),
          "isolate failed, so not one byte of out may change");
    if (wstatus == UNSET)
        CHECK_EQ(error, sea_error(),
                 "the caller learns the errno of the call that failed: keep "
                 "it while you clean up");
    else
        CHECK(error == ECHILD || error == sea_error(),
              "*wstatus is only filled in when the child has run, and then "
              "errno is ECHILD");
}

static void undoes_everything_when_a_call_fails(void **state)
{
    (void)state;
    sea_every(brings_it_home_or_fails, SEA_ERRORS);
}

static void survives_the_childs_death(void)
{
    int wstatus = UNSET;
    unsigned char *out = old_bytes(PAGES);
    int rc = isolate(whole_result, NULL, out, PAGES, &wstatus);

    if (rc == 0) {
        CHECK(is_whole(out, PAGES), "after a success the result is whole");
        return;
    }
    CHECK_EQ(errno, ECHILD, "the child died: that is ECHILD");
    CHECK(is_untouched(out, PAGES),
          "the child died, so not one byte of out may change");
    CHECK_STATUS(wstatus, KILLED(SIGKILL), "*wstatus says what ended it");
}

static void survives_the_childs_death_at_any_moment(void **state)
{
    (void)state;
    sea_every(survives_the_childs_death, SEA_KILLS);
}

static const struct CMUnitTest facts[] = {
    FACT(brings_the_result_home),
    FACT(runs_fn_in_a_process_of_its_own),
    FACT(says_how_the_child_ended),
    FACT(touches_nothing_beside_out),
    FACT(brings_more_than_a_page),
    FACT(brings_many_megabytes),
    FACT(brings_nothing_when_fn_says_no),
    FACT(brings_nothing_when_fn_crashes),
    FACT(all_or_nothing_if_the_child_dies_late),
    FACT(wstatus_may_be_null),
    FACT(sleeps_until_the_child_has_ended),
    FACT(leaves_the_callers_buffers_alone),
    FACT(leaves_other_children_alone),
    FACT(works_inside_itself),
    FACT(goes_on_after_a_signal),
    FACT(says_why_no_child_could_be_started),
    FACT(undoes_everything_when_a_call_fails),
    FACT(survives_the_childs_death_at_any_moment),
};
EXERCISE("1_islands/isolate", "fork(2), mmap(2), pipe(7), waitpid(2)", facts)
