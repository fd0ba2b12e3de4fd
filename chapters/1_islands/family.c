#include "family.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * TODO: all n children are alive at the same time. Where in the program does
 *       the first wait have to stand?
 * TODO: a child must never come back into your caller's code. How does it
 *       leave, and why not with exit?
 * TODO: the fourth fork of five fails. Who is still running?
 */
int family(int n, int (*work)(int index), int status[])
{
    (void)n;
    (void)work;
    (void)status;
    errno = ENOSYS;
    return -1;
}
