/*
 * Mistake: starts a child and makes a pipe, but puts the text together in
 *   the parent.
 * Caught by: the_text_comes_out_of_a_child
 * Saying: put together in the parent
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
    int end[2];

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < n; i++)
            if (write(end[1], "", 1) != 1)
                _exit(1);
        _exit(0);
    }
    int error = errno;
    close(end[0]);
    close(end[1]);
    ssize_t got = pid == -1 ? -1 : join(words, n, buf, cap);
    if (pid != -1)
        error = errno;
    if (pid != -1)
        reap(pid);
    errno = error;
    return got;
}
