/*
 * Specimen: two FIFOs opened in opposite order.
 * Verdict: hung
 * Saying: Open the two ends in two processes, in the same order
 * Within: 0.5
 */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_opens_the_other_first(void **state)
{
    (void)state;
    CHECK_OK(mkfifo("there", 0600), "a FIFO");
    CHECK_OK(mkfifo("back", 0600), "another");
    if (fork() == 0) {
        open("back", O_WRONLY);
        open("there", O_RDONLY);
        _exit(0);
    }
    open("there", O_WRONLY);
    open("back", O_RDONLY);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_opens_the_other_first),
};
EXERCISE("specimens/hang_fifo", "fifo(7)", facts)
