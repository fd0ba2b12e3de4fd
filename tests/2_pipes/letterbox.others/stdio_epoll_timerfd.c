/*
 * Technique: post through a buffered stream with signals blocked, since
 *   EINTR empties its buffer; next waits with epoll for the box and a
 *   timerfd
 */
#include "letterbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int refuse(int fd, int error)
{
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

int letterbox_open(const char *path)
{
    struct stat st;
    mode_t mask = umask(0177);
    int made = mkfifo(path, 0600);
    int error = errno;

    umask(mask);
    if (made < 0 && error != EEXIST)
        return refuse(-1, error);
    if (made < 0) {
        if (lstat(path, &st) < 0)
            return -1;
        if (!S_ISFIFO(st.st_mode) || st.st_uid != geteuid())
            return refuse(-1, EEXIST);
    }
    int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        error = errno;
        if (made == 0)
            unlink(path);
        return refuse(-1, error);
    }
    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077) != 0)
        return refuse(fd, EEXIST);
    return fd;
}

int letterbox_post(const char *path, const char *line)
{
    struct stat st;
    char buffer[2 * PIPE_BUF];
    sigset_t all, own;

    if (strlen(line) + 1 > PIPE_BUF)
        return refuse(-1, EMSGSIZE);
    int fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0)
        return refuse(-1, errno == EISDIR ? EINVAL : errno);
    if (fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
        return refuse(fd, EINVAL);
    fcntl(fd, F_SETFL, 0);
    FILE *out = fdopen(fd, "w");
    if (!out)
        return refuse(fd, errno);
    setvbuf(out, buffer, _IOFBF, sizeof(buffer));
    fprintf(out, "%s\n", line);
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &own);
    fflush(out);
    bool failed = ferror(out);
    int error = errno;
    pthread_sigmask(SIG_SETMASK, &own, NULL);
    fclose(out);
    return failed ? refuse(-1, error) : 0;
}

/* 1: something came, 0: the time is over, -1. */
static int wait_both(int box, int timer)
{
    struct epoll_event e = {.events = EPOLLIN}, ready[2];
    int ep = epoll_create1(EPOLL_CLOEXEC), n;

    if (ep < 0)
        return -1;
    e.data.fd = timer;
    if (timer >= 0)
        epoll_ctl(ep, EPOLL_CTL_ADD, timer, &e);
    e.data.fd = box;
    epoll_ctl(ep, EPOLL_CTL_ADD, box, &e);
    do
        n = epoll_wait(ep, ready, 2, -1);
    while (n < 0 && errno == EINTR);
    int error = errno;
    close(ep);
    errno = error;
    return n < 0 ? -1 : n == 2 || ready[0].data.fd == box;
}

static int wait_line(int box, int timeout_ms)
{
    struct itimerspec when = {{0, 0}, {0, 1}};
    int timer = -1;

    if (timeout_ms >= 0) {
        timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
        if (timer < 0)
            return -1;
        if (timeout_ms > 0) {
            when.it_value.tv_sec = timeout_ms / 1000;
            when.it_value.tv_nsec = timeout_ms % 1000 * 1000000L;
        }
        timerfd_settime(timer, 0, &when, NULL);
    }
    int came = wait_both(box, timer), error = came ? errno : ETIMEDOUT;
    if (timer >= 0)
        close(timer);
    errno = error;
    return came == 1 ? 0 : -1;
}

ssize_t letterbox_next(int box, char *line, size_t cap, int timeout_ms)
{
    char text[PIPE_BUF] = "";
    size_t size = 0;

    if (wait_line(box, timeout_ms) < 0)
        return -1;
    do
        if (read(box, text + size, 1) == 1)
            size++;
        else if (errno != EINTR)
            return -1;
    while (size == 0 || text[size - 1] != '\n');
    if (size > cap)
        return refuse(-1, EMSGSIZE);
    memcpy(line, text, size - 1);
    line[size - 1] = '\0';
    return (ssize_t)(size - 1);
}
