/*
 * Mistake: writes once in the child, and ignores how much was written.
 * Caught by: goes_on_after_a_signal
 * Saying: go on with the rest
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

static size_t get(int fd, char *bytes, size_t size)
{
    size_t have = 0;

    while (have < size) {
        ssize_t n = read(fd, bytes + have, size - have);
        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    return have;
}

static void run(int (*fn)(const void *, void *), const void *in, size_t size,
                int to)
{
    char *result = calloc(1, size);

    if (result == NULL || fn(in, result) != 0 || write(to, result, size) <= 0)
        _exit(1);
    _exit(0);
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
    int way[2], status;
    char *result = malloc(size);
    if (result == NULL)
        return -1;
    if (pipe2(way, O_CLOEXEC) == -1) {
        free(result);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0)
        run(fn, in, size, way[1]);
    int error = errno;
    close(way[1]);
    if (pid == -1) {
        close(way[0]);
        free(result);
        errno = error;
        return -1;
    }
    size_t have = get(way[0], result, size);
    status = wait_for(pid);
    close(way[0]);
    if (wstatus != NULL)
        *wstatus = status;
    bool ok = status == 0 && have == size;
    if (ok)
        memcpy(out, result, size);
    free(result);
    if (ok)
        return 0;
    errno = ECHILD;
    return -1;
}
