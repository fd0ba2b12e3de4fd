/*
 * Technique: the child fills a memfd and sendfiles it; the parent polls a
 *   non-blocking end
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <unistd.h>

static int speak(int out, const char *const words[], int n)
{
    int file = memfd_create("words", MFD_CLOEXEC);
    off_t at = 0, size = 0;

    if (file == -1)
        return 1;
    for (int i = 0; i < n; i++) {
        size_t len = strlen(words[i]);
        if (write(file, words[i], len) != (ssize_t)len ||
            write(file, "\n", 1) != 1)
            return 1;
        size += (off_t)len + 1;
    }
    while (at < size)
        if (sendfile(out, file, &at, (size_t)(size - at)) == -1 &&
            errno != EINTR)
            return 1;
    return 0;
}

/* 1: go on, 0: the end, -1: error. */
static int listen_once(int in, char *buf, size_t cap, size_t *have)
{
    struct pollfd p = {.fd = in, .events = POLLIN};
    char over;

    if (poll(&p, 1, -1) == -1)
        return errno == EINTR ? 1 : -1;
    ssize_t n =
        *have < cap ? read(in, buf + *have, cap - *have) : read(in, &over, 1);
    if (n == -1)
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    if (n > 0 && *have == cap) {
        errno = EMSGSIZE;
        return -1;
    }
    *have += (size_t)n;
    return n > 0;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], status, go_on, saved;
    size_t have = 0;

    if (n < 0) {
        errno = EINVAL;
        return -1;
    }
    if (pipe2(way, O_CLOEXEC) == -1)
        return -1;
    pid_t pid = fork();
    if (pid == 0) {
        close(way[0]);
        _exit(speak(way[1], words, n));
    }
    saved = errno;
    close(way[1]);
    if (pid == -1) {
        close(way[0]);
        errno = saved;
        return -1;
    }
    fcntl(way[0], F_SETFL, O_NONBLOCK);
    while ((go_on = listen_once(way[0], buf, cap, &have)) > 0)
        ;
    saved = errno;
    close(way[0]);
    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    if (go_on == 0 && status != 0) {
        go_on = -1;
        saved = EIO;
    }
    errno = saved;
    return go_on == 0 ? (ssize_t)have : -1;
}
