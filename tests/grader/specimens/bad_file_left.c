/*
 * Specimen: a file is left behind.
 * Verdict: failed
 * Saying: a name outlives every process
 */
#include <fcntl.h>
#include <unistd.h>
#include "fact.h"

static void leaves_a_file(void **state)
{
    (void)state;
    close(open("left", O_CREAT | O_WRONLY, 0600));
}

static const struct CMUnitTest facts[] = {
    FACT(leaves_a_file),
};
EXERCISE("specimens/bad_file_left", "unlink(2)", facts)
