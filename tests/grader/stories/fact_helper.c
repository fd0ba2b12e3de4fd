/*
 * fact_helper.c — the test's own process writes, and its calls are not seen.
 */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void reads_what_a_helper_wrote(void **state)
{
    int p[2];
    char text[8];

    (void)state;
    CHECK(pipe(p) == 0, "a pipe");
    pid_t helper = fact_fork();
    if (helper == 0)
        syscall(SYS_exit_group, syscall(SYS_write, p[1], "abc", 3) != 3);
    CHECK(read(p[0], text, sizeof(text)) == 3, "three bytes come");
    close(p[0]);
    close(p[1]);
    waitpid(helper, NULL, 0);
}

static const struct CMUnitTest facts[] = {FACT(reads_what_a_helper_wrote)};
EXERCISE("stories/fact_helper", "pipe(2)", facts)
