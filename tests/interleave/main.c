/*
 * main — runs one world and prints what came of it, a line each, for
 * tests/proof/classics.py: found, schedules, preemptions, switches,
 * volatile, cpu, replay, proved, sentence; then the table.
 */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "interleave/tell.h"
#include "world.h"

static const char *const FOUND[] = {
    [INTERLEAVE_NOTHING] = "nothing",
    [INTERLEAVE_ASSERTION] = "assertion",
    [INTERLEAVE_DEADLOCK] = "deadlock",
    [INTERLEAVE_SPINS] = "spins",
    [INTERLEAVE_RACE] = "race",
    [INTERLEAVE_MISUSE] = "misuse",
    [INTERLEAVE_CRASH] = "crash",
    [INTERLEAVE_LEFT] = "left",
    [INTERLEAVE_WITHOUT_END] = "without end",
    [INTERLEAVE_UNREPEATABLE] = "unrepeatable",
    [INTERLEAVE_FAULT] = "fault",
};

/* Of this process and all it has waited for. */
static double cpu(void)
{
    struct rusage self, children;
    struct timeval sum;

    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    timeradd(&self.ru_utime, &self.ru_stime, &sum);
    timeradd(&sum, &children.ru_utime, &sum);
    timeradd(&sum, &children.ru_stime, &sum);
    return (double)sum.tv_sec + (double)sum.tv_usec / 1e6;
}

int main(void)
{
    struct interleave_result result = {0};

    interleave(&world, &result);
    printf("found: %s\nschedules: %ld\npreemptions: %d\nswitches: %d\n",
           FOUND[result.found], result.schedules, result.preemptions,
           result.switches);
    printf("volatile: %d\ncpu: %.6f\nreplay: %s\n", result.volatile_used, cpu(),
           result.replay);
    printf("proved: %s\nsentence: %s\ntable:\n", result.proved,
           result.sentence);
    if (result.trace)
        interleave_tell(stdout, &world, result.trace, il_where, false);
    return 0;
}
