/*
 * Specimen: a program that the test's own binary plays waits for ever.
 * Verdict: hung
 * Saying: Child 1 (dreamer) waits for a signal
 * Within: 0.5
 */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static int dreamer(int argc, char **argv)
{
    (void)argv;
    while (argc > 0)
        pause();
    return 0;
}

static void the_dreamer_is_waited_for(void **state)
{
    (void)state;
    pid_t pid;

    CHECK_EQ(posix_spawnp(&pid, "dreamer", NULL, NULL,
                          (char *[]){"dreamer", NULL}, environ),
             0, "the dreamer is there");
    waitpid(pid, NULL, 0);
}

static const struct program programs[] = {{"dreamer", dreamer}, {NULL, NULL}};

static const struct CMUnitTest facts[] = {
    FACT(the_dreamer_is_waited_for),
};
EXERCISE_WITH("specimens/hang_program_of_the_test", "posix_spawn(3)", facts,
              programs)
