/*
 * Mistake: sends all words with one writev, which takes IOV_MAX parts at
 *   most.
 * Caught by: a_text_may_be_longer_than_a_pipe
 * Saying: Did a write of its fail
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

static ssize_t read_all(int fd, char *buf, size_t cap)
{
    size_t have = 0;
    char more;

    for (;;) {
        bool full = have == cap;
        ssize_t n = read(fd, full ? &more : buf + have, full ? 1 : cap - have);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        if (n == 0)
            return (ssize_t)have;
        if (full) {
            errno = EMSGSIZE;
            return -1;
        }
        have += (size_t)n;
    }
}

static bool reap(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static _Noreturn void speak(int out, const char *const words[], int n)
{
    struct iovec *part = calloc(2 * (size_t)n + 1, sizeof(*part));

    if (part == NULL)
        _exit(1);
    for (int i = 0; i < n; i++) {
        part[2 * i] = (struct iovec){(void *)words[i], strlen(words[i])};
        part[2 * i + 1] = (struct iovec){"\n", 1};
    }
    _exit(n > 0 && writev(out, part, 2 * n) == -1);
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
