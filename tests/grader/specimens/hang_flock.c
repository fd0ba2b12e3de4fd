/*
 * Specimen: a file lock held by a parent that waits for the child.
 * Verdict: hung
 * Saying: which the parent holds while it waits
 * Within: 0.5
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_wants_the_lock(void **state)
{
    (void)state;
    int fd = open("lock", O_RDWR | O_CREAT, 0600);
    CHECK_OK(flock(fd, LOCK_EX), "the lock");
    if (fork() == 0) {
        int mine = open("lock", O_RDWR);
        flock(mine, LOCK_EX);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_wants_the_lock),
};
EXERCISE("specimens/hang_flock", "flock(2)", facts)
