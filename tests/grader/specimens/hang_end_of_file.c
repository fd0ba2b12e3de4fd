/*
 * Specimen: reads on at the end of the stream, in a loop.
 * Verdict: hung
 * Saying: Leave the loop at the first 0
 */
#include <unistd.h>

#include "fact.h"

static void reads_until_n_bytes_have_come(void **state)
{
    (void)state;
    char buf[10];
    size_t done = 0;
    int fd[2];
    CHECK_OK(pipe(fd), "a pipe");
    close(fd[1]);
    while (done < sizeof(buf))
        done += (size_t)read(fd[0], buf + done, sizeof(buf) - done);
}

static const struct CMUnitTest facts[] = {
    FACT(reads_until_n_bytes_have_come),
};
EXERCISE("specimens/hang_end_of_file", "read(2)", facts)
