/*
 * Technique: stdio on both ends: fprintf and fflush in the child, fread in
 *   the parent
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void child(int fd, const char *const words[], int n)
{
    FILE *out = fdopen(fd, "w");

    if (!out)
        _exit(1);
    for (int i = 0; i < n; i++)
        fprintf(out, "%s\n", words[i]);
    _exit(fflush(out) == 0 && !ferror(out) ? 0 : 1);
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], status = -1;
    ssize_t result = -1;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(way, O_CLOEXEC))
        return -1;
    FILE *in = fdopen(way[0], "r");
    if (!in) {
        int error = errno;
        close(way[0]);
        close(way[1]);
        errno = error;
        return -1;
    }
    pid_t pid = fork();
    if (pid == 0) {
        close(way[0]);
        child(way[1], words, n);
    }
    int error = errno;
    close(way[1]);
    if (pid > 0) {
        size_t have = 0;
        int c = 0;
        /* fread comes back early when a signal has interrupted its read. */
        while ((have += fread(buf + have, 1, cap - have, in)) < cap &&
               ferror(in) && errno == EINTR)
            clearerr(in);
        while (have == cap && (c = fgetc(in)) == EOF && ferror(in) &&
               errno == EINTR)
            clearerr(in);
        if (have == cap && c != EOF) {
            error = EMSGSIZE;
        } else {
            error = errno;
            result = ferror(in) ? -1 : (ssize_t)have;
        }
    }
    fclose(in);
    if (pid > 0) {
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (result >= 0 && status != 0) {
            result = -1;
            error = EIO;
        }
    }
    errno = error;
    return result;
}
