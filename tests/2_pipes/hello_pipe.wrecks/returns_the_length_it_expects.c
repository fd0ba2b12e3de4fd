/*
 * Mistake: returns the length it expects, whatever came, and does not look
 *   at the status.
 * Caught by: a_text_cut_short_by_death_is_an_error
 * Saying: WIFEXITED
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

static bool write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return false;
        bytes += n;
        size -= (size_t)n;
    }
    return true;
}

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
    for (int i = 0; i < n; i++)
        if (!write_all(out, words[i], strlen(words[i])) ||
            !write_all(out, "\n", 1))
            _exit(1);
    _exit(0);
}

static ssize_t length(const char *const words[], int n)
{
    size_t total = 0;

    for (int i = 0; i < n; i++)
        total += strlen(words[i]) + 1;
    return (ssize_t)total;
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
    if (pid != -1)
        reap(pid);
    errno = error;
    return got == -1 ? -1 : length(words, n);
}
