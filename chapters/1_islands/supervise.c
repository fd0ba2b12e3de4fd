#include "supervise.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * TODO: three workers die in the same instant and one SIGCHLD arrives. How
 *       many times do you have to ask waitpid?
 * TODO: SIGTERM comes after you looked for it and before you fall asleep.
 *       Which call lets it in and falls asleep in one step?
 * TODO: a worker inherits the signals you block. Does it need them?
 */
int supervise(int n, int (*work)(int slot), int max_restarts, int restarts[])
{
    (void)n;
    (void)work;
    (void)max_restarts;
    (void)restarts;
    errno = ENOSYS;
    return -1;
}
