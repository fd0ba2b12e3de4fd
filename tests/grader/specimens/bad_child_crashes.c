/*
 * Specimen: a child that crashes where nobody expects it.
 * Verdict: failed
 * Saying: child 1 crashed with SIGABRT at bad_child_crashes.c
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include "fact.h"

static void is_told_where(void **state)
{
    (void)state;
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        abort();
    waitpid(pid, &status, 0);
    CHECK_STATUS(status, EXITED(0), "the child has done its part");
}

static const struct CMUnitTest facts[] = {
    FACT(is_told_where),
};
EXERCISE("specimens/bad_child_crashes", "wait(2)", facts)
