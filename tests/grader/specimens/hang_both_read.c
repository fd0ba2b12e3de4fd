/*
 * Specimen: a question and an answer pipe, and both sides begin with read.
 * Verdict: hung
 * Saying: One of them has to write first
 * Within: 0.5
 */
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void nobody_begins(void **state)
{
    (void)state;
    int ask[2], answer[2];
    char c;
    CHECK_OK(pipe(ask), "a pipe");
    CHECK_OK(pipe(answer), "another");
    if (fork() == 0) {
        close(ask[1]);
        close(answer[0]);
        read(ask[0], &c, 1);
        write(answer[1], "x", 1);
        _exit(0);
    }
    close(ask[0]);
    close(answer[1]);
    read(answer[0], &c, 1);
    write(ask[1], "x", 1);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(nobody_begins),
};
EXERCISE("specimens/hang_both_read", "pipe(7)", facts)
