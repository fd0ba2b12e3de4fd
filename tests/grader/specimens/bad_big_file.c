/*
 * Specimen: a file without end.
 * Verdict: crashed
 * Saying: SIGXFSZ
 */
#include <fcntl.h>
#include <unistd.h>
#include "fact.h"

static void fills_the_disk(void **state)
{
    static char block[1 << 20];
    int fd = open("big", O_CREAT | O_WRONLY, 0600);

    (void)state;
    while (lseek(fd, 64 << 20, SEEK_CUR) > 0 &&
           write(fd, block, sizeof(block)) > 0)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(fills_the_disk),
};
EXERCISE("specimens/bad_big_file", "write(2)", facts)
