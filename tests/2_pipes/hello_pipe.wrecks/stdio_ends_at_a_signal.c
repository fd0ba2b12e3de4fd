/*
 * Mistake: reads through a stream, and takes EINTR for the end.
 * Caught by: signals_do_not_end_the_listening
 * Saying: the call is made again
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool reap(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static _Noreturn void speak(int to, const char *const words[], int n)
{
    FILE *out = fdopen(to, "w");

    for (int i = 0; out != NULL && i < n; i++)
        fprintf(out, "%s\n", words[i]);
    _exit(out == NULL || fclose(out) == EOF);
}

static ssize_t read_all(int from, char *buf, size_t cap)
{
    FILE *in = fdopen(dup(from), "r");

    if (in == NULL)
        return -1;
    size_t have = fread(buf, 1, cap, in);
    bool more = have == cap && fgetc(in) != EOF;
    fclose(in);
    if (!more)
        return (ssize_t)have;
    errno = EMSGSIZE;
    return -1;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int end[2];

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(end[0]);
        speak(end[1], words, n);
    }
    int error = errno;
    close(end[1]);
    ssize_t got = -1;
    if (pid != -1) {
        got = read_all(end[0], buf, cap);
        error = errno;
    }
    close(end[0]);
    if (pid != -1 && !reap(pid) && got != -1) {
        got = -1;
        error = EIO;
    }
    errno = error;
    return got;
}
