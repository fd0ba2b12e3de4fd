/*
 * program.c — runs a small program of a text as if it were a test.
 *
 * The program is compiled like the learner's code: its calls go through the
 * sea, so that the grader can draw them. Its main has become program_main.
 * Whoever returns from it, the parent or a child, leaves as main would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fact_run.h"
#include "logbook.h"
#include "sea.h"

int program_main(int argc, char **argv);

/* The test's own process has come to its end, however it did. */
static void on_exit_called(void)
{
    if (getpid() == page->test_pid)
        page->outcome = PASSED;
}

/* "2_pipes/ping_pong" of build/traced/2_pipes/ping_pong. */
static const char *last_two(const char *path)
{
    const char *at = path + strlen(path);

    for (int slashes = 0; at > path; at--)
        if (at[-1] == '/' && ++slashes == 2)
            break;
    return at;
}

int main(int argc, char **argv)
{
    long status[6] = {0};

    (void)argc;
    page_open();
    page->program = true;
    snprintf(page->exercise, sizeof(page->exercise), "%s", last_two(argv[0]));
    crash_watch();
    atexit(on_exit_called);
    sea_calm();
    argv[1] = NULL;
    status[0] = program_main(1, argv);
    logbook_begin(SEA_exit, status, 0);
    exit((int)status[0]);
}
