/*
 * Mistake: speaks from a thread, which is no child.
 * Caught by: the_text_comes_out_of_a_child
 * Saying: no child was started
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
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

struct speech {
    const char *const *words;
    int n, out;
};

static void *speak(void *arg)
{
    struct speech *s = arg;

    for (int i = 0; i < s->n; i++)
        if (!write_all(s->out, s->words[i], strlen(s->words[i])) ||
            !write_all(s->out, "\n", 1))
            break;
    close(s->out);
    return NULL;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int end[2];
    pthread_t thread;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(end, O_CLOEXEC) == -1)
        return -1;
    struct speech s = {words, n, end[1]};
    int error = pthread_create(&thread, NULL, speak, &s);
    if (error != 0) {
        close(end[0]);
        close(end[1]);
        errno = error;
        return -1;
    }
    ssize_t got = read_all(end[0], buf, cap);
    error = errno;
    char rest;
    while (got == -1 && read(end[0], &rest, 1) > 0)
        ;
    close(end[0]);
    pthread_join(thread, NULL);
    errno = error;
    return got;
}
