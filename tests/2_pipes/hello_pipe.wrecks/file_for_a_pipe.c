/*
 * Mistake: lets the child write a file, which the parent reads when it has
 *   ended.
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

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    ssize_t got = -1;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    int file = memfd_create("text", MFD_CLOEXEC);
    if (file == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        for (int i = 0; i < n; i++)
            if (!write_all(file, words[i], strlen(words[i])) ||
                !write_all(file, "\n", 1))
                _exit(1);
        _exit(0);
    }
    int error = errno;
    if (pid != -1) {
        error = EIO;
        if (reap(pid)) {
            lseek(file, 0, SEEK_SET);
            got = read_all(file, buf, cap);
            error = errno;
        }
    }
    close(file);
    errno = error;
    return got;
}
