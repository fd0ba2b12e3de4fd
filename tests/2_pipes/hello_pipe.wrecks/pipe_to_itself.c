/*
 * Mistake: writes into the pipe and reads it back in the same process.
 * Caught by: the_text_comes_out_of_a_child
 * Saying: no child was started
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

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int end[2];

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    for (int i = 0; i < n; i++)
        if (!write_all(end[1], words[i], strlen(words[i])) ||
            !write_all(end[1], "\n", 1))
            break;
    close(end[1]);
    ssize_t got = read_all(end[0], buf, cap);
    int error = errno;
    close(end[0]);
    errno = error;
    return got;
}
