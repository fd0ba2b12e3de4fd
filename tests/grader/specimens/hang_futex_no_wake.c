/*
 * Specimen: the word of a futex is changed, and nobody wakes who sleeps.
 * Verdict: hung
 * Saying: but it is 1 by now, and nobody has called FUTEX_WAKE since
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

static void changes_and_does_not_wake(void **state)
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
    waitpid(pid, NULL, 0);
}

static const struct CMUnitTest facts[] = {
    FACT(changes_and_does_not_wake),
};
EXERCISE("specimens/hang_futex_no_wake", "futex(2)", facts)
