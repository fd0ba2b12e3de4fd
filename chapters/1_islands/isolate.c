#include "isolate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/*
 * TODO: what the child writes to its memory, the parent never sees. What
 *       memory do both see, or what else carries bytes between them?
 * TODO: out stays as it was until it is certain that fn returned 0.
 * TODO: a result may be larger than a page, and larger than a pipe holds.
 */
int isolate(int (*fn)(const void *in, void *out), const void *in, void *out,
            size_t size, int *wstatus)
{
    (void)fn;
    (void)in;
    (void)out;
    (void)size;
    (void)wstatus;
    errno = ENOSYS;
    return -1;
}
