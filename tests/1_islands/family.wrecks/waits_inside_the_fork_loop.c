/*
 * Mistake: waits inside the fork loop, so the children run one after another.
 * Caught by: all_run_at_the_same_time
 * Saying: start all of them before you wait for any
 */
#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int family(int n, int (*work)(int index), int status[])
{
    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    for (int i = 0; i < n; i++) {
        int wstatus;
        pid_t pid = fork();

        if (pid == -1)
            return -1;
        if (pid == 0)
            _exit(work(i));
        while (waitpid(pid, &wstatus, 0) == -1 && errno == EINTR)
            ;
        status[i] = WIFSIGNALED(wstatus) ? 128 + WTERMSIG(wstatus)
                                         : WEXITSTATUS(wstatus);
    }
    return 0;
}
