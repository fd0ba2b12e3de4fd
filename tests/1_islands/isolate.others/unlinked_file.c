/*
 * Technique: a file without a name in the working directory
 */
#include "isolate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static bool put(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

static int wait_for(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

int isolate(int (*fn)(const void *in, void *out), const void *in, void *out,
            size_t size, int *wstatus)
{
    char name[] = "result-XXXXXX";
    int rc = -1, status, fd = mkostemp(name, O_CLOEXEC);
    if (fd == -1)
        return -1;
    unlink(name);
    pid_t pid = fork();
    if (pid == 0) {
        char *result = calloc(1, size);
        _exit(result && fn(in, result) == 0 && put(fd, result, size) ? 0 : 1);
    }
    if (pid > 0) {
        status = wait_for(pid);
        if (wstatus)
            *wstatus = status;
        if (status == 0 && pread(fd, out, size, 0) == (ssize_t)size)
            rc = 0;
        errno = ECHILD;
    }
    int error = errno;
    close(fd);
    errno = error;
    return rc;
}
