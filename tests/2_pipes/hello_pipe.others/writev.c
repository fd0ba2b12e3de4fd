/*
 * Technique: writev of up to 64 words at a time; readv into buf and a spare
 *   byte
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BATCH = 64 };

static int send_all(int fd, struct iovec *v, int parts)
{
    while (parts > 0) {
        ssize_t n = writev(fd, v, parts);
        if (n == -1 && errno == EINTR)
            continue;
        if (n == -1)
            return -1;
        while (parts > 0 && (size_t)n >= v->iov_len) {
            n -= (ssize_t)v->iov_len;
            v++, parts--;
        }
        if (parts > 0) {
            v->iov_base = (char *)v->iov_base + n;
            v->iov_len -= (size_t)n;
        }
    }
    return 0;
}

static void child(int fd, const char *const words[], int n)
{
    struct iovec v[2 * BATCH];
    int parts = 0;

    for (int i = 0; i < n; i++) {
        v[parts++] = (struct iovec){(char *)words[i], strlen(words[i])};
        v[parts++] = (struct iovec){"\n", 1};
        if (parts == 2 * BATCH || i == n - 1) {
            if (send_all(fd, v, parts) == -1)
                _exit(1);
            parts = 0;
        }
    }
    _exit(0);
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], status, saved;
    size_t have = 0;
    ssize_t got;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(way, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(way[0]);
        child(way[1], words, n);
    }
    saved = errno;
    close(way[1]);
    if (pid == -1) {
        close(way[0]);
        errno = saved;
        return -1;
    }
    do {
        char spare;
        struct iovec v[2] = {{buf + have, cap - have}, {&spare, 1}};
        got = readv(way[0], v, 2);
        if (got > 0)
            have += (size_t)got;
    } while ((got > 0 && have <= cap) || (got == -1 && errno == EINTR));
    saved = have > cap ? EMSGSIZE : errno;
    close(way[0]);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (have <= cap && got == 0 && status == 0)
        return (ssize_t)have;
    errno = have <= cap && got == 0 ? EIO : saved;
    return -1;
}
