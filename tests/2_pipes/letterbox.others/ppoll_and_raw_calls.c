/*
 * Technique: the calls by number; ppoll with all signals blocked but while
 *   it sleeps
 */
#include "letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int letterbox_open(const char *path)
{
    struct stat st;
    int fd = -1, error = EEXIST;

    if (lstat(path, &st) == -1) {
        mode_t own = umask(0);
        int rc = mknod(path, S_IFIFO | S_IRUSR | S_IWUSR, 0);
        error = errno;
        umask(own);
        if (rc == -1) {
            errno = error;
            return -1;
        }
        st.st_ino = 0; /* made here */
    } else if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid()) {
        errno = EEXIST;
        return -1;
    }
    fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd == -1)
        error = errno;
    else if (fchmod(fd, 0600) == 0)
        return fd;
    else
        error = errno;
    if (fd != -1)
        close(fd);
    if (st.st_ino == 0)
        unlink(path);
    errno = error;
    return -1;
}

int letterbox_post(const char *path, const char *line)
{
    struct stat st;
    char text[PIPE_BUF];
    size_t size = (size_t)(stpncpy(text, line, PIPE_BUF) - text);
    long n;

    if (size == PIPE_BUF) {
        errno = EMSGSIZE;
        return -1;
    }
    text[size++] = '\n';
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                          O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd == -1)
        return -1;
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
        syscall(SYS_fcntl, fd, F_SETFL, 0);
        while ((n = syscall(SYS_write, fd, text, size)) == -1 && errno == EINTR)
            ;
    } else {
        n = -1;
        errno = EINVAL;
    }
    int error = errno;
    close(fd);
    errno = error;
    return n == -1 ? -1 : 0;
}

static struct timespec until(const struct timespec *end)
{
    struct timespec now, left;

    clock_gettime(CLOCK_MONOTONIC, &now);
    left.tv_sec = end->tv_sec - now.tv_sec;
    left.tv_nsec = end->tv_nsec - now.tv_nsec;
    if (left.tv_nsec < 0) {
        left.tv_sec--;
        left.tv_nsec += 1000000000L;
    }
    return left.tv_sec < 0 ? (struct timespec){0, 0} : left;
}

static int ready(int box, int timeout_ms, const sigset_t *open_to)
{
    struct pollfd p = {.fd = box, .events = POLLIN};
    struct timespec end, left;
    int n;

    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += timeout_ms / 1000;
    end.tv_nsec += timeout_ms % 1000 * 1000000L;
    if (end.tv_nsec >= 1000000000L) {
        end.tv_sec++;
        end.tv_nsec -= 1000000000L;
    }
    do {
        left = until(&end);
        n = ppoll(&p, 1, timeout_ms < 0 ? NULL : &left, open_to);
    } while (n == -1 && errno == EINTR);
    if (n == 0)
        errno = ETIMEDOUT;
    return n == 1 ? 0 : -1;
}

ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    sigset_t all, own;
    size_t size = 0;
    char c;
    int rc;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &own);
    rc = ready(box, timeout_ms, &own);
    int error = errno;
    if (rc == 0)
        while (syscall(SYS_read, box, &c, 1) == 1 && c != '\n')
            if (++size < cap)
                line[size - 1] = c;
    sigprocmask(SIG_SETMASK, &own, NULL);
    if (rc == 0 && size >= cap) {
        rc = -1;
        error = EMSGSIZE;
    }
    if (rc == 0)
        line[size] = '\0';
    errno = error;
    return rc == 0 ? (ssize_t)size : -1;
}
