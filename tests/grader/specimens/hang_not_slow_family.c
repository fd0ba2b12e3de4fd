/*
 * Specimen: children that start late and work slowly, by turns.
 * Verdict: passed
 */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void the_slow_chain_ends(void **state)
{
    (void)state;
    int fd[2], in = -1;
    char c = 0;
    for (int i = 0; i < 4; i++) {
        CHECK_OK(pipe(fd), "a pipe");
        if (fork() == 0) {
            close(fd[0]);
            if (in >= 0)
                read(in, &c, 1);
            usleep(200000);
            c++;
            write(fd[1], &c, 1);
            _exit(0);
        }
        close(fd[1]);
        if (in >= 0)
            close(in);
        in = fd[0];
    }
    CHECK_EQ(read(in, &c, 1), 1, "the last one speaks");
    close(in);
    CHECK_EQ(c, 4, "each added one");
    while (wait(NULL) > 0)
        ;
}

static const struct CMUnitTest facts[] = {
    FACT(the_slow_chain_ends),
};
EXERCISE("specimens/hang_not_slow_family", "pipe(7)", facts)
