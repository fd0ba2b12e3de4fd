/*
 * Specimen: two pipes, and both send a large message before they receive.
 * Verdict: hung
 * Saying: each looks with poll, before every piece it writes
 * Within: 0.5
 */
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fact.h"

static void large_messages_both_ways(void **state)
{
    (void)state;
    static char much[1 << 20];
    int there[2], back[2], size = sizeof(much);
    struct iovec v[2] = {{&size, sizeof(size)}, {much, sizeof(much)}};
    CHECK_OK(pipe(there), "a pipe");
    CHECK_OK(pipe(back), "another pipe");
    pid_t pid = fork();
    close(pid ? there[0] : there[1]);
    close(pid ? back[1] : back[0]);
    writev(pid ? there[1] : back[1], v, 2);
    readv(pid ? back[0] : there[0], v, 2);
    if (pid == 0)
        _exit(0);
    wait(NULL);
}

static const struct CMUnitTest facts[] = {
    FACT(large_messages_both_ways),
};
EXERCISE("specimens/hang_both_send", "pipe(7)", facts)
