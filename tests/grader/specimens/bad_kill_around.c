/*
 * Specimen: raw signals to everybody and to the keeper are refused.
 * Verdict: passed
 */
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "fact.h"

static void is_refused(void **state)
{
    (void)state;
    CHECK_ERRNO(syscall(SYS_kill, -1, 0), EPERM, "not everybody");
    CHECK_ERRNO(kill(getppid(), SIGKILL), EPERM, "not the keeper");
}

static const struct CMUnitTest facts[] = {
    FACT(is_refused),
};
EXERCISE("specimens/bad_kill_around", "kill(2)", facts)
