/*
 * Technique: the child vmsplices the words; epoll watches the pipe and the
 *   child's pidfd
 */
#include "hello_pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static bool splice_all(int out, const char *bytes, size_t size)
{
    while (size > 0) {
        struct iovec v = {(char *)bytes, size};
        ssize_t n = vmsplice(out, &v, 1, 0);
        if (n == -1 && errno != EINTR)
            return false;
        if (n > 0) {
            bytes += n;
            size -= (size_t)n;
        }
    }
    return true;
}

static int make_epoll(int in, int pidfd)
{
    struct epoll_event event = {.events = EPOLLIN};
    int ep = epoll_create1(EPOLL_CLOEXEC);

    if (ep == -1)
        return -1;
    event.data.fd = in;
    epoll_ctl(ep, EPOLL_CTL_ADD, in, &event);
    event.data.fd = pidfd;
    epoll_ctl(ep, EPOLL_CTL_ADD, pidfd, &event);
    return ep;
}

/* What came and whether more will: the bytes that did not fit are counted,
 * one at most. */
static bool hear(int in, char *buf, size_t cap, size_t *have)
{
    char over;
    ssize_t n =
        *have < cap ? read(in, buf + *have, cap - *have) : read(in, &over, 1);

    if (n > 0)
        *have += (size_t)n;
    return n > 0 ? *have <= cap : n == -1 && errno == EINTR;
}

static void until_the_end(int ep, int in, char *buf, size_t cap, size_t *have)
{
    struct epoll_event event;
    bool more = true;

    while (more) {
        int n = epoll_wait(ep, &event, 1, -1);
        if (n == -1 && errno != EINTR)
            return;
        if (n < 1)
            continue;
        if (event.data.fd == in)
            more = hear(in, buf, cap, have);
        else /* the child has ended: the pipe holds all there will be */
            while (more)
                more = hear(in, buf, cap, have);
    }
}

static int finish(pid_t pid)
{
    int status;

    while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
        ;
    return status;
}

ssize_t hello_pipe(const char *const words[], int n, char *buf, size_t cap)
{
    int way[2], pidfd = -1, ep = -1, status, error;
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
        for (int i = 0; i < n; i++)
            if (!splice_all(way[1], words[i], strlen(words[i])) ||
                !splice_all(way[1], "\n", 1))
                _exit(1);
        _exit(0);
    }
    error = errno;
    close(way[1]);
    if (pid != -1) {
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        ep = pidfd == -1 ? -1 : make_epoll(way[0], pidfd);
        error = ep == -1 ? errno : 0;
        if (ep != -1)
            until_the_end(ep, way[0], buf, cap, &have);
    }
    close(way[0]);
    if (ep != -1)
        close(ep);
    if (pidfd != -1)
        close(pidfd);
    if (pid != -1) {
        status = finish(pid);
        if (error == 0)
            error = have > cap ? EMSGSIZE : status != 0 ? EIO : 0;
    }
    errno = error;
    return error == 0 ? (ssize_t)have : -1;
}
