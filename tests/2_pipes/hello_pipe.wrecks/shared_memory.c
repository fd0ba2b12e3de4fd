/*
 * Mistake: lets the child write into shared memory: there is no pipe.
 * Caught by: the_text_comes_out_of_a_child
 * Saying: no pipe was made
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
    struct shared {
        ssize_t got;
        int error;
        char text[];
    } * shared;
    size_t size = sizeof(*shared) + cap;
    ssize_t got = -1;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    shared = mmap(NULL, size, PROT_READ | PROT_WRITE,
                  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        shared->got = join(words, n, shared->text, cap);
        shared->error = errno;
        _exit(0);
    }
    int error = errno;
    if (pid != -1) {
        error = EIO;
        if (reap(pid)) {
            got = shared->got;
            error = shared->error;
        }
        if (got > 0)
            memcpy(buf, shared->text, (size_t)got);
    }
    munmap(shared, size);
    errno = error;
    return got;
}
