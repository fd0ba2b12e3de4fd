/*
 * Specimen: pause for a signal that came too early.
 * Verdict: hung
 * Saying: block it first
 * Within: 0.5
 */
#include <signal.h>
#include <unistd.h>

#include "fact.h"

static void nothing(int sig)
{
    (void)sig;
}

static void signal_comes_before_pause(void **state)
{
    (void)state;
    signal(SIGUSR1, nothing);
    kill(getpid(), SIGUSR1);
    pause();
}

static const struct CMUnitTest facts[] = {
    FACT(signal_comes_before_pause),
};
EXERCISE("specimens/hang_pause", "pause(2)", facts)
