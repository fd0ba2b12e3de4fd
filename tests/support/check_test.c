/*
 * check_test.c — what a failed check says, and what it does to the test.
 */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

LEARNER(fork);
LEARNER(pipe);

static int zero(void)
{
    return 0;
}

/* A call that fails like this. */
static int minus_one(int error)
{
    errno = error;
    return -1;
}

/* ---- one failure of each kind ------------------------------------------ */

static void condition(void)
{
    CHECK(1 > 2, "%s is more than %d", "two", 1);
}
static void number(void)
{
    CHECK_EQ(2 + 2, 5, "the sum");
}
static void number_of_a_failed_call(void)
{
    CHECK_EQ(minus_one(EACCES), 3, "three were asked for");
}
static void minus_one_that_is_no_error(void)
{
    errno = 0;
    CHECK_EQ(-1 + zero(), 3, "just a number");
}
static void success(void)
{
    CHECK_OK(minus_one(ENOENT), "it is there");
}
static void error_that_did_not_come(void)
{
    CHECK_ERRNO(zero(), EINVAL, "n is negative");
}
static void another_error(void)
{
    CHECK_ERRNO(minus_one(EPERM), EINVAL, "n is negative");
}
static void error_of_an_earlier_call(void)
{
    errno = EINVAL;
    CHECK_ERRNO(zero() - 1, EINVAL, "errno is set");
}
static void status(void)
{
    CHECK_STATUS(KILLED(SIGSEGV) | 0x80, EXITED(3), "it left with 3");
}
static void status_of_a_signal(void)
{
    CHECK_STATUS(EXITED(9), KILLED(SIGKILL), "it was killed");
}
static void memory(void)
{
    CHECK_MEM("12345\0ab", 8, "12345\nab", 8, "every byte");
}
static void memory_too_short(void)
{
    CHECK_MEM("123", 3, "12345", 5, "every byte");
}
static void text(void)
{
    CHECK_STR("hullo", "hello", "a greeting");
}
static void text_that_is_null(void)
{
    CHECK_STR(NULL, "hello", "a greeting");
}
static void island(void)
{
    ISLAND_CHECK(zero() == 1, "said by child %d", 2);
}
static void plain(void)
{
    FAIL_TEST("this can not be");
}
static void unstarted(void)
{
    CHECK_OK(minus_one(ENOSYS), "it is written");
}

static const struct {
    void (*body)(void);
    const char *check, *expected, *came, *why;
} said[] = {
    {condition, "1 > 2", "true", "false", "two is more than 1"},
    {number, "2 + 2", "5", "4", "the sum"},
    {number_of_a_failed_call, "minus_one(EACCES)", "3",
     "-1, errno EACCES (Permission denied)", "three were asked for"},
    {minus_one_that_is_no_error, "-1 + zero()", "3", "-1", "just a number"},
    {success, "minus_one(ENOENT)", "success",
     "-1, errno ENOENT (No such file or directory)", "it is there"},
    {error_that_did_not_come, "zero()", "-1, errno EINVAL (Invalid argument)",
     "0", "n is negative"},
    {another_error, "minus_one(EPERM)", "-1, errno EINVAL (Invalid argument)",
     "-1, errno EPERM (Operation not permitted)", "n is negative"},
    {status, "KILLED(SIGSEGV) | 0x80", "exit status 3", "SIGSEGV",
     "it left with 3"},
    {status_of_a_signal, "EXITED(9)", "SIGKILL", "exit status 9",
     "it was killed"},
    {memory, "\"12345\\0ab\"", "8 bytes, at 5: \\x0aab",
     "8 bytes, at 5: \\x00ab", "every byte"},
    {memory_too_short, "\"123\"", "5 bytes, at 3: 45", "3 bytes", "every byte"},
    {text, "\"hullo\"", "5 bytes, at 1: ello", "5 bytes, at 1: ullo",
     "a greeting"},
    {text_that_is_null, "NULL", "hello", "NULL", "a greeting"},
    {island, "zero() == 1", "true", "false", "said by child 2"},
    {plain, "", "", "", "this can not be"},
};

static void each_check_says_what_and_why(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        struct page_failure f = failure_of(said[i].body);
        CHECK(f.set, "%s has to fail", said[i].check);
        CHECK(strstr(f.check, said[i].check), "checked: %s", f.check);
        CHECK(strstr(f.expected, said[i].expected), "%s: expected: %s",
              said[i].check, f.expected);
        CHECK(strstr(f.came, said[i].came), "%s: came: %s", said[i].check,
              f.came);
        CHECK_STR(f.why, said[i].why, "and the reason");
        CHECK_STR(f.file, "check_test.c", "where");
        CHECK(f.line > 20 && !f.unstarted, "the line too");
    }
}

static void errno_is_that_of_the_call(void **state)
{
    struct page_failure f = failure_of(error_of_an_earlier_call);

    (void)state;
    CHECK(f.set, "errno was not set by this call");
    f = failure_of(unstarted);
    CHECK(f.set && f.unstarted, "ENOSYS: nothing has been written yet");
}

static void all_pass(void)
{
    int times = 0;

    CHECK(++times, "a condition");
    CHECK_EQ(++times, 2, "evaluated once");
    CHECK_EQ(3, ++times, "on both sides");
    CHECK_OK(++times, "also here");
    CHECK_ERRNO((++times, minus_one(EBADF)), EBADF, "and here");
    CHECK_STATUS((++times, EXITED(4)), EXITED(4), "an exit");
    CHECK_STATUS(KILLED(SIGABRT) | 0x80, KILLED(SIGABRT), "core or not");
    CHECK_MEM("a\0b", 3, "a\0b", 3, "NUL is a byte");
    CHECK_MEM(NULL, 0, NULL, 0, "nothing is nothing");
    CHECK_STR("same", "same", "text");
    ISLAND_CHECK(++times, "an island");
    CHECK_EQ(times, 7, "each was evaluated once");
}

static void passing_checks_pass(void **state)
{
    (void)state;
    all_pass();
    CHECK_PASSES(all_pass);
}

static void passed_checks_are_steps(void **state)
{
    int first = page->steps;

    (void)state;
    STEP("two children meet at %s", "the gate");
    CHECK_EQ(zero(), 0, "calm");
    CHECK_STR(page->step[first % PAGE_STEPS], "two children meet at the gate",
              "told by the test");
    CHECK_STR(page->step[(first + 1) % PAGE_STEPS], "zero(): 0",
              "told by itself");
    for (int i = 0; i < 3 * PAGE_STEPS; i++)
        STEP("step %d", i);
    CHECK_STR(page->step[(page->steps - 1) % PAGE_STEPS], "step 35",
              "the last ones are kept");
}

static void two_at_once(void)
{
    pid_t pid = fact_fork();

    if (pid == 0)
        ISLAND_CHECK(zero(), "the child was first");
    while (waitpid(pid, NULL, 0) < 0)
        continue;
    CHECK(zero(), "the parent was later");
}

static void first_failure_is_told(void **state)
{
    (void)state;
    CHECK_FAILS(two_at_once, "the child was first");
}

static void very_long(void)
{
    static char much[100000];

    memset(much, 'x', sizeof(much) - 1);
    STEP("%s", much);
    IF_STUCK("%s", much);
    CHECK_STR(much, "short", "%s", much);
}

static void long_texts_are_cut(void **state)
{
    struct page_failure f = failure_of(very_long);

    (void)state;
    CHECK(f.set && strlen(f.why) == PAGE_WHY - 1, "cut to what there is");
    CHECK(strlen(f.came) < PAGE_TEXT && f.came[0], "shown in part");
    CHECK_EQ(strlen(page->if_stuck), PAGE_TEXT - 1, "this too");
    IF_STUCK("%s", "");
    CHECK_STR(page->if_stuck, "", "taken back");
}

static void names_of_numbers(void **state)
{
    char buf[96];

    (void)state;
    CHECK_STR(name_errno(EAGAIN), "EAGAIN (Resource temporarily unavailable)",
              "name and meaning");
    CHECK_STR(name_errno(54321), "54321", "unknown");
    CHECK_STR(name_signal(SIGTERM), "SIGTERM", "by name");
    CHECK_STR(name_signal(0), "signal 0", "none");
    CHECK_STR(name_signal(40), "signal 40", "one without a name");
    CHECK_STR(name_status(EXITED(255), buf, sizeof(buf)), "exit status 255",
              "an exit");
    CHECK(strstr(name_status(KILLED(SIGKILL), buf, sizeof(buf)), "SIGKILL"),
          "a signal: %s", buf);
    CHECK(strlen(name_status(KILLED(SIGKILL), buf, 4)) < 4, "a small buffer");
}

/* ---- what becomes of a whole test -------------------------------------- */

static void passes(void **state)
{
    (void)state;
    CHECK_EQ(zero(), 0, "calm");
}
static void fails(void **state)
{
    (void)state;
    STEP("the learner calls pipe");
    sea_fail(SEA_pipe, 1, EMFILE);
    CHECK_OK(sea_pipe((int[2]){0}), "because it matters");
}
static void fails_in_a_child(void **state)
{
    pid_t pid = fact_fork();

    (void)state;
    if (pid == 0)
        ISLAND_CHECK(false, "it was in a child");
    waitpid(pid, NULL, 0);
}
static void is_skipped(void **state)
{
    (void)state;
    SKIP_TEST("there is no %s here", "sea");
}
static void child_comes_back(void **state)
{
    pid_t pid = sea_fork();

    (void)state;
    CHECK(pid >= 0, "a child that does not leave comes here too");
    waitpid(pid, NULL, 0);
}
static void test_itself_is_ended(void **state)
{
    (void)state;
    exit(0);
}
static void leaves_a_descriptor(void **state)
{
    (void)state;
    sea_pipe((int[2]){0});
}

static const struct CMUnitTest demos[] = {
    FACT(passes),
    FACT(fails),
    FACT(fails_in_a_child),
    FACT(is_skipped),
    FACT(child_comes_back),
    FACT(test_itself_is_ended),
    FACT(leaves_a_descriptor),
};

static const struct {
    const char *name;
    bool fails;
    const char *says[4];
} ends[] = {
    {"passes", false, {"[  PASSED  ] 1 test"}},
    {"fails",
     true,
     {"because it matters", "the learner calls pipe", "EMFILE",
      "<- the rough sea"}},
    {"fails_in_a_child", true, {"it was in a child"}},
    {"is_skipped", false, {"SKIPPED"}},
    {"child_comes_back", true, {"_exit"}},
    {"test_itself_is_ended", true, {"exit"}},
    {"leaves_a_descriptor", true, {"is still open in the caller"}},
};

/* The test binary by hand: what it says, and its status. */
static int by_hand(const char *words, char *out, size_t cap)
{
    char command[400], self[300];
    ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
    FILE *pipe;
    size_t n;

    self[length > 0 ? length : 0] = '\0';
    snprintf(command, sizeof(command), "exec '%s' %s 2>&1", self, words);
    pipe = popen(command, "r");
    if (!pipe)
        FAIL_TEST("no shell");
    n = fread(out, 1, cap - 1, pipe);
    out[n] = '\0';
    return pclose(pipe);
}

static void whole_tests_by_hand(void **state)
{
    static char out[20000];

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        char words[80];
        snprintf(words, sizeof(words), "demo %s", ends[i].name);
        int code = by_hand(words, out, sizeof(out));
        for (int k = 0; k < 4 && ends[i].says[k]; k++)
            CHECK(strstr(out, ends[i].says[k]), "%s misses “%s”: %s",
                  ends[i].name, ends[i].says[k], out);
        CHECK_EQ(code != 0, ends[i].fails, "%s ends with status %#x",
                 ends[i].name, (unsigned)code);
    }
}

static void list_of_facts(void **state)
{
    static char out[2000];

    (void)state;
    CHECK_EQ(by_hand("demo --list", out, sizeof(out)), 0, "it can be asked");
    CHECK(strncmp(out, "passes\nfails\nfails_in_a_child\n", 30) == 0,
          "for the names, in order: %s", out);
}

static const struct CMUnitTest facts[] = {
    FACT(each_check_says_what_and_why),
    FACT(errno_is_that_of_the_call),
    FACT(passing_checks_pass),
    FACT(passed_checks_are_steps),
    FACT(first_failure_is_told),
    FACT(long_texts_are_cut),
    FACT(names_of_numbers),
    FACT(whole_tests_by_hand),
    FACT(list_of_facts),
};

int main(int argc, char **argv)
{
    bool demo = argc > 1 && strcmp(argv[1], "demo") == 0;

    if (demo)
        argv[1] = argv[0];
    return demo
               ? fact_main(argc - 1, argv + 1, "support/demo", "fork(2)", demos,
                           sizeof(demos) / sizeof(demos[0]), NULL)
               : fact_main(argc, argv, "support/check", "tests/support/check.h",
                           facts, sizeof(facts) / sizeof(facts[0]), NULL);
}
