/*
 * Specimen: tries again after an error that does not pass.
 * Verdict: hung
 * Saying: write failed with EBADF (Bad file descriptor) each time
 */
#include <unistd.h>

#include "fact.h"

static void writes_until_it_succeeds(void **state)
{
    (void)state;
    int fd[2];
    CHECK_OK(pipe(fd), "a pipe");
    while (write(fd[0], "!", 1) != 1)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(writes_until_it_succeeds),
};
EXERCISE("specimens/hang_error", "write(2)", facts)
