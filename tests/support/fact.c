/*
 * fact.c — main of every test binary, and what a fact has around it.
 */
#include "fact.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "belongings.h"
#include "fact_run.h"
#include "logbook.h"
#include "tell.h"

static pid_t helper; /* this process, if the test forked it */
static const struct program *programs;
static const char *test_binary;
const char *(*fact_where)(const char *binary, unsigned long pc);

bool fact_is_helper(void)
{
    return helper == getpid();
}

pid_t fact_fork(void)
{
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        helper = getpid();
        logbook_enter(helper, 0, 0);
    }
    if (pid < 0)
        FAIL_TEST("the test itself could not fork: is the machine full?");
    return pid;
}

void *fact_shared(size_t size)
{
    void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (p == MAP_FAILED)
        FAIL_TEST("the test itself got no memory: is the machine full?");
    return p;
}

/* Under the grader cmocka plays behind a curtain: only what the learner's
 * code prints is shown. */
static int stage[2] = {-1, -1};

void fact_curtain(void)
{
    int null;

    if (!page->graded)
        return;
    fflush(NULL);
    null = open("/dev/null", O_WRONLY | O_CLOEXEC);
    for (int fd = 1; fd <= 2; fd++) {
        if (stage[fd - 1] < 0)
            stage[fd - 1] = fcntl(fd, F_DUPFD_CLOEXEC, 300);
        dup2(null, fd);
    }
    close(null);
}

static void curtain_up(void)
{
    if (!page->graded)
        return;
    fflush(NULL);
    dup2(stage[0], 1);
    dup2(stage[1], 2);
}

/* By hand there is no grader who tells, or gives a private folder. */
static char private_folder[] = "/tmp/fact-XXXXXX";

static void by_hand_begin(void)
{
    if (!mkdtemp(private_folder) || chdir(private_folder) < 0) {
        perror("a private folder in /tmp");
        exit(2);
    }
}

static void by_hand_end(void)
{
    for (const struct program *p = programs; p && p->name; p++)
        unlink(p->name);
    if (chdir("/") == 0 && rmdir(private_folder) < 0)
        fprintf(stderr, "%s is not empty\n", private_folder);
    if (page->failure.set || page->broken & ~(unsigned)EXIT_IN_CHILD)
        tell(stderr, page, &(struct places){.find = fact_where});
}

/* exit() runs this in every process that has not left with _exit. */
static void on_exit_called(void)
{
    bool test = getpid() == page->test_pid;

    if (page->outcome != NOT_FINISHED)
        return;
    page->broken_pid = getpid();
    atomic_fetch_or(&page->broken, test ? EXIT_IN_TEST : EXIT_IN_CHILD);
    if (test && !page->graded) {
        by_hand_end();
        _exit(1);
    }
}

static void link_programs(void)
{
    for (const struct program *p = programs; p && p->name; p++)
        if (symlink(test_binary, p->name) < 0 && errno != EEXIST)
            FAIL_TEST("the test itself cannot write in its folder");
    if (programs)
        setenv("PATH", ".:/usr/local/bin:/usr/bin:/bin", 1);
}

static void forget_last_fact(void)
{
    page->steps = 0;
    page->if_stuck[0] = '\0';
    memset((void *)&page->failure, 0, sizeof(page->failure));
    memset((void *)&page->crash, 0, sizeof(page->crash));
    memset((void *)&page->schedule, 0, sizeof(page->schedule));
    page->proved[0] = '\0';
    page->broken = 0;
    page->timer = false;
    page->outcome = NOT_FINISHED;
}

void fact_run(void **state)
{
    const struct CMUnitTest *fact = *state;
    CMUnitTestFunction run = (CMUnitTestFunction)(uintptr_t)fact->initial_state;

    *state = NULL;
    handler_restore(); /* after a fact that failed in this process */
    forget_last_fact();
    snprintf(page->fact, sizeof(page->fact), "%s", fact->name);
    curtain_up();
    crash_watch(); /* after cmocka has put its own handlers there */
    link_programs();
    sea_calm();
    leftovers_mark_fact();
    run(state);
    fflush(NULL);
    handler_restore();
    if (page->failure.set) { /* in a child that the test made */
        page->outcome = FAILED;
        fact_curtain();
        _fail(page->failure.file, page->failure.line);
    }
    page->plan.call = 0; /* calm, but the log stays to be read */
    page->plan.storm = 0;
    leftovers_check_fact();
    page->outcome = PASSED;
    fact_curtain();
}

static int run_facts(const struct CMUnitTest *facts, size_t count,
                     const char *only)
{
    struct CMUnitTest *copy = calloc(count, sizeof(*copy));
    int failures;

    if (!copy)
        return 2;
    for (size_t i = 0; i < count; i++) {
        copy[i] = facts[i];
        copy[i].test_func = fact_run;
        copy[i].initial_state = (void *)(uintptr_t)&facts[i];
    }
    if (only)
        cmocka_set_test_filter(only);
    fact_curtain();
    failures = _cmocka_run_group_tests(page->exercise, copy, count, NULL, NULL);
    free(copy);
    return failures;
}

static int as_program(const char *name, int argc, char **argv)
{
    const char *base = strrchr(name, '/');

    base = base ? base + 1 : name;
    for (const struct program *p = programs; p && p->name; p++)
        if (strcmp(p->name, base) == 0) {
            fflush(NULL);
            int code = p->main(argc, argv);
            fflush(NULL);
            _exit(code);
        }
    return -1;
}

int fact_main(int argc, char **argv, const char *exercise,
              const char *read_more, const struct CMUnitTest *facts,
              size_t count, const struct program *table)
{
    static char self[PATH_MAX];
    int failures;

    programs = table;
    as_program(argv[0], argc, argv);
    page_open();
    if (argc == 2 && strcmp(argv[1], "--list") == 0) {
        page->outcome = PASSED;
        for (size_t i = 0; i < count; i++)
            puts(facts[i].name);
        return 0;
    }
    snprintf(page->exercise, sizeof(page->exercise), "%s", exercise);
    snprintf(page->read_more, sizeof(page->read_more), "%s", read_more);
    if (readlink("/proc/self/exe", self, sizeof(self) - 1) > 0)
        test_binary = self;
    if (!page->graded)
        by_hand_begin();
    atexit(on_exit_called);
    failures = run_facts(facts, count, argc > 1 ? argv[1] : NULL);
    if (!page->graded)
        by_hand_end();
    page->outcome = page->outcome ? page->outcome : PASSED;
    return failures > 0 || page->broken & ~(unsigned)EXIT_IN_CHILD;
}
