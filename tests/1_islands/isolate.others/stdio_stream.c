/*
 * Technique: stdio on both ends of a pipe: fwrite and fread
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
    int way[2];
    char *result = malloc(size);
    if (!result)
        return -1;
    if (pipe2(way, O_CLOEXEC)) {
        free(result);
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(way[0]);
        FILE *home = fdopen(way[1], "w");
        char *mine = malloc(size);
        if (!home || !mine || fn(in, mine) != 0)
            _exit(1);
        _exit(fwrite(mine, 1, size, home) == size && !fflush(home) ? 0 : 1);
    }
    int error = errno;
    close(way[1]);
    size_t have = 0;
    FILE *stream = pid == -1 ? NULL : fdopen(way[0], "r");
    if (stream) {
        have = fread(result, 1, size, stream);
        fclose(stream);
    } else {
        close(way[0]);
    }
    if (pid != -1) {
        int status = wait_for(pid);
        if (wstatus)
            *wstatus = status;
        error = ECHILD;
        if (have == size && status == 0) {
            memcpy(out, result, size);
            error = 0;
        }
    }
    free(result);
    if (error)
        errno = error;
    return error ? -1 : 0;
}
