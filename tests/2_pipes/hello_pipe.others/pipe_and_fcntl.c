/*
 * Technique: pipe and fcntl, all words in one malloced text, written at
 *   once
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char *join(const char *const words[], int n, size_t *len)
{
    *len = 0;
    for (int i = 0; i < n; i++)
        *len += strlen(words[i]) + 1;
    char *text = malloc(*len + 1), *at = text;
    for (int i = 0; text && i < n; i++) {
        at = stpcpy(at, words[i]);
        *at++ = '\n';
    }
    return text;
}

static int write_text(int fd, const char *text, size_t len)
{
    size_t done = 0;

    while (done < len) {
        ssize_t n = write(fd, text + done, len - done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 1;
        done += (size_t)n;
    }
    return 0;
}

/* Reads all of it, and throws away what does not fit. */
static ssize_t read_text(int fd, char *buf, size_t cap)
{
    char rest[4096];
    size_t have = 0;
    int too_long = 0;

    for (;;) {
        ssize_t n = have < cap ? read(fd, buf + have, cap - have)
                               : read(fd, rest, sizeof(rest));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        if (n == 0)
            break;
        if (have == cap)
            too_long = 1;
        else
            have += (size_t)n;
    }
    if (!too_long)
        return (ssize_t)have;
    errno = EMSGSIZE;
    return -1;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int fds[2], status, err;
    size_t len;
    ssize_t result = -1;

    if (n < 0)
        return errno = EINVAL, -1;
    char *text = join(words, n, &len);
    if (!text)
        return -1;
    if (pipe(fds) < 0) {
        err = errno;
        goto out;
    }
    fcntl(fds[0], F_SETFD, FD_CLOEXEC);
    fcntl(fds[1], F_SETFD, FD_CLOEXEC);
    pid_t pid = fork();
    if (pid == 0)
        _exit(write_text(fds[1], text, len));
    err = errno;
    close(fds[1]);
    if (pid > 0) {
        result = read_text(fds[0], buf, cap);
        err = errno;
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
        if (result >= 0 && status != 0) {
            result = -1;
            err = EIO;
        }
    }
    close(fds[0]);
out:
    free(text);
    errno = err;
    return result;
}
