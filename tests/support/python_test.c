/*
 * python_test.c — Python starts, hears, speaks and is ended.
 */
#include "python.h"
#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>

static const int nothing[] = {-1};

static void talks_on_the_descriptors_it_was_given(void **state)
{
    (void)state;
    int to[2], from[2];
    char got[16] = "";

    CHECK_OK(pipe2(to, O_CLOEXEC), "a pipe");
    CHECK_OK(pipe2(from, O_CLOEXEC), "another");
    char in[12], out[12];
    snprintf(in, sizeof(in), "%d", to[0]);
    snprintf(out, sizeof(out), "%d", from[1]);
    pid_t pid = python_start("import os, sys\n"
                             "i, o, word = sys.argv[1:]\n"
                             "got = os.read(int(i), 9)\n"
                             "end = os.read(int(i), 9)\n"
                             "os.write(int(o), got + word.encode() + end)\n",
                             (const int[]){to[0], from[1], -1},
                             (const char *const[]){in, out, "land", NULL});
    close(to[0]);
    close(from[1]);
    CHECK_EQ(write(to[1], "is", 2), 2, "Python reads the other end");
    close(to[1]); /* and it has no copy of this one: it sees the end */
    CHECK_EQ(read(from[0], got, sizeof(got)), 6, "it has answered");
    CHECK_STR(got, "island", "with what it got and its argument");
    close(from[0]);
    python_end(pid);
}

static void has_only_what_it_was_given(void **state)
{
    (void)state;
    int end[2];
    char number[12];

    CHECK_OK(pipe(end), "not even close-on-exec");
    snprintf(number, sizeof(number), "%d", end[0]);
    python_end(python_start(
        "import os, sys\n"
        "there = [f for f in range(400) if os.path.exists(\n"
        "         '/proc/self/fd/%d' % f)]\n"
        "assert there == [0, 1, 2, int(sys.argv[1])], there\n"
        "assert os.read(0, 1) == b''\n",
        (const int[]){end[0], -1}, (const char *const[]){number, NULL}));
    close(end[0]);
    close(end[1]);
}

static void keeps_a_standard_descriptor(void **state)
{
    (void)state;
    int end[2], kept = dup(1);
    char got[8] = "";

    CHECK_OK(pipe2(end, O_CLOEXEC), "a pipe");
    dup2(end[1], 1);
    pid_t pid =
        python_start("print('hello', flush=True)", (const int[]){1, -1}, NULL);
    dup2(kept, 1);
    close(kept);
    close(end[1]);
    python_end(pid);
    CHECK_EQ(read(end[0], got, sizeof(got)), 6, "1 was in keep");
    CHECK_STR(got, "hello\n", "what it printed");
    close(end[0]);
}

static void is_the_tests_own(void **state)
{
    (void)state;
    int end[2];
    char number[12], role[64];

    CHECK_OK(pipe2(end, O_CLOEXEC), "a pipe");
    snprintf(number, sizeof(number), "%d", end[0]);
    pid_t pid = python_start("import os, sys\n"
                             "os.read(int(sys.argv[1]), 1)",
                             (const int[]){end[0], -1},
                             (const char *const[]){number, NULL});
    CHECK_STR(page_role(page, pid, role, sizeof(role)), "test's helper",
              "the grader calls it so");
    close(end[0]);
    close(end[1]);
    python_end(pid);
}

static void two_at_once(void **state)
{
    (void)state;
    pid_t first = python_start("pass", nothing, NULL);
    pid_t second = python_start("pass", nothing, NULL);

    python_end(second);
    python_end(first);
}

static void says_a_sentence(void)
{
    python_end(
        python_start("import sys\nsys.exit('a sentence')", nothing, NULL));
}
static void raises(void)
{
    python_end(python_start("raise OSError('out of step')", nothing, NULL));
}
static void does_not_compile(void)
{
    python_end(python_start("if so", nothing, NULL));
}
static void is_killed(void)
{
    python_end(
        python_start("import os\nos.kill(os.getpid(), 15)", nothing, NULL));
}
static void leaves_with_three(void)
{
    python_end(python_start("import os\nos._exit(3)", nothing, NULL));
}
static void says_much(void)
{
    python_end(python_start("import sys\n"
                            "sys.exit('x' * 100000 + 'the end of it')",
                            nothing, NULL));
}

static void its_failure_is_the_facts(void **state)
{
    (void)state;
    CHECK_FAILS(says_a_sentence, "(exit status 1) says: a sentence");
    CHECK_FAILS(raises, "OSError: out of step");
    CHECK_FAILS(does_not_compile, "SyntaxError");
    CHECK_FAILS(is_killed, "SIGTERM");
    CHECK_FAILS(leaves_with_three, "exit status 3");
    CHECK_FAILS(says_much, "the end of it");
}

static void needs_a_module(void)
{
    python_end(
        python_start("import sys\nimport no_such_island", nothing, NULL));
}
static void needs_python(void)
{
    setenv("PYTHON", "/no/python3", 1);
    python_end(python_start("pass", nothing, NULL));
}

/* What a fact is skipped with, in a process of its own. */
static void skips_with(void (*body)(void), const char *words)
{
    int status;
    pid_t pid = fact_fork();

    if (pid == 0) {
        body();
        _exit(0);
    }
    while (waitpid(pid, &status, 0) < 0)
        continue;
    CHECK_EQ(page->outcome, SKIPPED, "nothing failed and nothing passed");
    CHECK(strstr(page->skipped, words), "it said: %s", page->skipped);
    page->outcome = NOT_FINISHED;
}

static void what_is_missing_is_no_failure(void **state)
{
    (void)state;
    skips_with(needs_a_module, "No module named 'no_such_island'");
    skips_with(needs_python, "/no/python3: No such file");
}

static const struct CMUnitTest facts[] = {
    FACT(talks_on_the_descriptors_it_was_given),
    FACT(has_only_what_it_was_given),
    FACT(keeps_a_standard_descriptor),
    FACT(is_the_tests_own),
    FACT(two_at_once),
    FACT(its_failure_is_the_facts),
    FACT(what_is_missing_is_no_failure),
};
EXERCISE("support/python", "tests/support/python.h", facts)
