/*
 * Specimen: the child comes back into its caller's code.
 * Verdict: failed
 * Saying: leave the child with _exit
 */
#include <sys/wait.h>
#include <unistd.h>
#include "fact.h"

static int answer(void)
{
    pid_t pid = fork();

    if (pid == 0)
        return 42; /* and the test goes on, twice */
    waitpid(pid, NULL, 0);
    return 42;
}

static void runs_twice(void **state)
{
    (void)state;
    CHECK_EQ(answer(), 42, "the answer is 42");
}

static const struct CMUnitTest facts[] = {
    FACT(runs_twice),
};
EXERCISE("specimens/bad_child_returns", "fork(2)", facts)
