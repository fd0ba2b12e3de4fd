/*
 * Specimen: a record lock held by a parent that waits for the child.
 * Verdict: hung
 * Saying: Release the lock before waiting
 * Within: 0.5
 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void child_wants_the_lock(void **state)
{
    (void)state;
    struct flock lock = {.l_type = F_WRLCK};
    int fd = open("lock", O_RDWR | O_CREAT, 0600);
    CHECK_OK(fcntl(fd, F_SETLKW, &lock), "the lock");
    if (fork() == 0) {
        fcntl(fd, F_SETLKW, &lock);
        _exit(0);
    }
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(child_wants_the_lock),
};
EXERCISE("specimens/hang_fcntl_lock", "fcntl(2)", facts)
