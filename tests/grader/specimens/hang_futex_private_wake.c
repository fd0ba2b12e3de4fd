/*
 * Specimen: a futex between processes is woken with FUTEX_PRIVATE_FLAG.
 * Verdict: hung
 * Saying: which reaches threads of its own process only
 * Within: 0.5
 */
#include <linux/futex.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"
#include "leftovers.h"

static void futex(int *word, int operation, int value)
{
    syscall(SYS_futex, word, operation, value, NULL, NULL, 0);
}

static void wakes_privately(void **state)
{
    (void)state;
    int *word = fact_shared(sizeof(*word));
    pid_t pid = fork();
    if (pid == 0) {
        futex(word, FUTEX_WAIT, 0);
        _exit(0);
    }
    while (!asleep(pid))
        continue;
    *word = 1;
    futex(word, FUTEX_WAKE_PRIVATE, 1);
    waitpid(pid, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(wakes_privately),
};
EXERCISE("specimens/hang_futex_private_wake", "futex(2)", facts)
