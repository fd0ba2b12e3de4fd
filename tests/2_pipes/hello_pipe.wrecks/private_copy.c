/*
 * Mistake: lets the child write into buf, of which it has a copy of its
 *   own.
 * Caught by: brings_the_words_home
 * Saying: memory
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

static ssize_t join(const char *const words[], int n, char *to, size_t cap)
{
    size_t have = 0;

    for (int i = 0; i < n; i++) {
        size_t size = strlen(words[i]);
        if (size + 1 > cap - have) {
            errno = EMSGSIZE;
            return -1;
        }
        memcpy(to + have, words[i], size);
        to[have + size] = '\n';
        have += size + 1;
    }
    return (ssize_t)have;
}

static bool reap(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    ssize_t got = 0;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = fork();
    if (pid == -1)
        return -1;
    if (pid == 0) {
        got = join(words, n, buf, cap);
        _exit(got == -1);
    }
    if (!reap(pid)) {
        errno = EIO;
        return -1;
    }
    return got;
}
