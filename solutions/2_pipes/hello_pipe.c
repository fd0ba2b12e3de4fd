#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static bool put(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, bytes, size);

        if (n == -1 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return true;
}

/* What the child does. It comes back to nobody's code. */
static _Noreturn void speak(int out, const char *const words[], int n)
{
    for (int i = 0; i < n; i++)
        if (!put(out, words[i], strlen(words[i])) || !put(out, "\n", 1))
            _exit(1);
    _exit(0);
}

/* Everything until the end: the bytes received, or -1. */
static ssize_t listen_to_the_end(int in, char *buf, size_t cap)
{
    size_t have = 0;
    char one_more; /* where the byte comes that does not fit */

    for (;;) {
        bool full = have == cap;
        ssize_t n =
            read(in, full ? &one_more : buf + have, full ? 1 : cap - have);

        if (n == -1 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? (ssize_t)have : -1;
        if (full) {
            errno = EMSGSIZE;
            return -1;
        }
        have += (size_t)n;
    }
}

static bool ended_well(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1)
        if (errno != EINTR)
            return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The child's pid, and where it can be heard; or -1. */
static pid_t start(const char *const words[], int n, int *in)
{
    int end[2];

    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(end[0]); /* or SIGPIPE could never stop the child */
        speak(end[1], words, n);
    }
    int error = errno;
    close(end[1]); /* or the parent would never read the end */
    if (pid == -1)
        close(end[0]);
    *in = end[0];
    errno = error;
    return pid;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int in;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    pid_t pid = start(words, n, &in);
    if (pid == -1)
        return -1;
    ssize_t got = listen_to_the_end(in, buf, cap);
    int error = errno;
    close(in); /* before waiting: a child that still speaks stops now */
    if (!ended_well(pid) && got != -1) {
        got = -1;
        error = EIO;
    }
    errno = error;
    return got;
}

/*
 * The trap: after fork there are four ends, two in each process, and the
 * stream ends when the last write end is closed. The reader's own counts, too:
 * a parent that keeps it waits for itself.
 */
