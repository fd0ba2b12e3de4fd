#include "letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void close_quietly(int fd)
{
    int error = errno;

    close(fd);
    errno = error;
}

/* O_PATH holds what is there without touching it: what was looked at is what
 * is opened, whatever becomes of the name meanwhile. */
static int open_own_fifo(const char *path)
{
    char again[32];
    struct stat st;
    int box = -1, thing = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

    if (thing == -1)
        return -1;
    snprintf(again, sizeof(again), "/proc/self/fd/%d", thing);
    if (fstat(thing, &st) == -1 || !S_ISFIFO(st.st_mode) ||
        st.st_uid != geteuid())
        errno = EEXIST;
    else if (chmod(again, 0600) == 0)
        box = open(again, O_RDWR | O_CLOEXEC);
    close_quietly(thing);
    return box;
}

int letterbox_open(const char *path)
{
    bool made = mkfifo(path, 0600) == 0;

    if (!made && errno != EEXIST)
        return -1;
    int box = open_own_fifo(path);
    if (box == -1 && made) {
        int error = errno;
        unlink(path);
        errno = error;
    }
    return box;
}

/* A descriptor that somebody reads from, and that may be waited on. */
static int open_to_post(const char *path)
{
    struct stat st;
    int box = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);

    if (box == -1) {
        errno = errno == EISDIR ? EINVAL : errno;
        return -1;
    }
    if (fstat(box, &st) == 0 && !S_ISFIFO(st.st_mode))
        errno = EINVAL;
    else if (fcntl(box, F_SETFL, O_WRONLY) == 0)
        return box;
    close_quietly(box);
    return -1;
}

int letterbox_post(const char *path, const char *line)
{
    char text[PIPE_BUF];
    size_t size = strlen(line);
    ssize_t n;

    if (size + 1 > sizeof(text)) {
        errno = EMSGSIZE;
        return -1;
    }
    memcpy(text, line, size);
    text[size] = '\n';
    int box = open_to_post(path);
    if (box == -1)
        return -1;
    do
        n = write(box, text, size + 1); /* one write: whole or not at all */
    while (n == -1 && errno == EINTR);
    close_quietly(box);
    return n == -1 ? -1 : 0;
}

static long long now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static int wait_for_a_line(int box, int timeout_ms)
{
    struct pollfd p = {.fd = box, .events = POLLIN};
    long long deadline = now_ms() + timeout_ms;

    for (;;) {
        long long left = deadline - now_ms();
        int n = poll(&p, 1, timeout_ms < 0 ? -1 : left > 0 ? (int)left : 0);

        if (n > 0)
            return 0;
        if (n == 0)
            errno = ETIMEDOUT;
        if (errno != EINTR)
            return -1;
    }
}

ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    size_t size = 0;
    char c = '\0';

    if (wait_for_a_line(box, timeout_ms) == -1)
        return -1;
    /* Byte by byte: the next line stays in the box, for whoever takes it. */
    while (c != '\n') {
        ssize_t n = read(box, &c, 1);

        if (n == -1 && errno != EINTR)
            return -1;
        if (n == 1 && c != '\n' && ++size < cap)
            line[size - 1] = c;
    }
    if (size >= cap) {
        errno = EMSGSIZE;
        return -1;
    }
    line[size] = '\0';
    return (ssize_t)size;
}

/*
 * The trap: with O_RDONLY the box would end whenever the last writer leaves,
 * and from then on poll and read would not sleep any more. With O_RDWR the
 * owner is a writer as well, and the box never ends.
 */
